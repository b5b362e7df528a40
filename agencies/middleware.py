"""Signing in, giving back what was typed when it could not be saved, and which database a page reads."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from agencies.models import KeptForm, User
from agencies.reading import FAULTS, LOOK_S, replica
from iso_rollout.refill import refill
from iso_rollout.routing import READING_PAGES, is_reading, read_from_replica, reading_page

# The part of an address that says which kept form is to come back.
GIVE = "giu"
# Who used this browser last, signed: after the session has run out it tells whose words were sent.
WHO, WHO_DAYS = "who", 30
LARGEST_PAGE = 3_000_000
# Whoever wrote something reads the primary until it is over; the browser forgets the cookie by itself. It says nothing
# and gives nothing, so it needs no signature: who sets it by hand reads the primary.
WROTE = "wrote"


class SignedIn(LoginRequiredMiddleware):
    """Everything is private; a session that ran out leads back to the page where the person was.

    Django's own would lead back to the address of a form or a fragment, which is not a page.
    What was typed is kept, and stands in the form again after signing in.
    """

    def handle_no_permission(self, request, view_func):
        if request.method in ("GET", "HEAD") and not request.htmx:
            return super().handle_no_permission(request, view_func)
        page = page_behind(request)
        if request.method == "POST":
            page = kept_page(request, person_of(request)) or page
        answer = redirect_to_login(page, self.get_login_url(view_func))
        return HttpResponseClientRedirect(answer.url) if request.htmx else answer


class GivesBack:
    """A page with `?giu=` shows its form with what the same person typed; a failed view keeps what was sent."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        token = request.GET.get(GIVE)
        if token and request.user.is_authenticated:
            if request.method == "POST" and response.status_code == 302:
                KeptForm.objects.filter(person=request.user.pk, token=token).delete()
            elif request.method == "GET":
                self._give_back(request, response, token)
        self._remember_who(request, response)
        return response

    def process_exception(self, request, _exception):
        """Before the page that says so: keep what was sent, unless the database itself is gone."""
        if request.method == "POST" and request.user.is_authenticated:
            try:
                request.given_back_at = kept_page(request, request.user.pk)
            except DatabaseError:
                request.given_back_at = None

    @staticmethod
    def _give_back(request, response, token):
        kept = KeptForm.objects.of(request.user, token)
        if kept is None:
            return
        is_page = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
        html, missing = "", [pair for pair in kept.pairs if pair[1].strip()]
        if response.status_code == 200 and is_page and len(response.content) < LARGEST_PAGE:
            html, missing = refill(
                response.content.decode(response.charset), kept.pairs, page=request.path, action=kept.action
            )
        words = {"kept": kept, "missing": missing, "takes_files": 'type="file"' in html}
        if html:
            notice = render_to_string("_given_back.html", words)
            place = html.find('<div id="messages"')
            place = place if place >= 0 else html.find(">", html.find('id="content"')) + 1
            response.content = html[:place] + notice + html[place:]
        else:
            # The form stands on no page of its own: the words at least are shown.
            response.status_code = 200
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            response.content = render_to_string("given_back.html", words)
        if "Content-Length" in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        response.headers["Cache-Control"] = "no-store"

    @staticmethod
    def _remember_who(request, response):
        if response.headers.get("Cache-Control", "").startswith("public"):
            return  # a copy of it goes to others
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or person_of(request) == user.pk:
            return
        response.set_signed_cookie(
            WHO,
            str(user.pk),
            salt=WHO,
            max_age=WHO_DAYS * 24 * 3600,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )


class ReadsFromReplica:
    """Sends reading pages to the replica; a person's own acts, a lag or a fault sends them to the primary."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with reading_page(False):
            response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.user.is_authenticated:
            response.set_cookie(
                WROTE,
                "1",
                max_age=settings.REPLICA_LAG_S + LOOK_S + 1,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def process_view(self, request, _view, _args, _kwargs):
        is_page = request.method in ("GET", "HEAD") and request.resolver_match.view_name in READING_PAGES
        read_from_replica(is_page and WROTE not in request.COOKIES and replica.may_be_read())

    def process_exception(self, request, exception):
        """The replica failed in the middle of a page: the page is made again from the primary."""
        if not (is_reading() and isinstance(exception, FAULTS)):
            return None
        replica.failed(exception)
        read_from_replica(False)
        match = request.resolver_match
        return match.func(request, *match.args, **match.kwargs)


def person_of(request):
    """The id of the person who used this browser last, None when nobody did."""
    try:
        value = request.get_signed_cookie(WHO, salt=WHO, max_age=WHO_DAYS * 24 * 3600)
    except (KeyError, signing.BadSignature):
        return None
    return int(value) if value.isdecimal() else None


def kept_page(request, person_id):
    """Keep what was sent; returns the address of the page that gives it back, None when nothing was kept."""
    if person_id is None or not User.objects.filter(pk=person_id, is_active=True).exists():
        return None
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    page = page_behind(request)
    kept = KeptForm.objects.keep(person_id, page=page, action=request.get_full_path(), pairs=pairs)
    if kept is None:
        return None
    scheme, host, path, query, _fragment = urlsplit(page)
    query = urlencode([pair for pair in parse_qsl(query) if pair[0] != GIVE] + [(GIVE, kept.token)])
    return urlunsplit((scheme, host, path, query, ""))


def page_behind(request):
    """The page from which a form was sent, when it is one of ours."""
    if request.htmx:
        return request.htmx.current_url_abs_path or "/"
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
