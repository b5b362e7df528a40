"""What every request passes through that Django does not bring."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"


class ContentSecurityPolicy:
    """Nothing loads from outside and nothing runs inline, on every answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class ChosenLanguage:
    """Vietnamese unless the person chose otherwise.

    Django's own LocaleMiddleware follows the browser's language, and many office machines
    have an English browser.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", chosen)
        return response


class SignedIn(LoginRequiredMiddleware):
    """Everything is private; a session that ran out leads back to the page where the person was.

    Django's own would lead back to the address of a form or a fragment, which is not a page.
    """

    def handle_no_permission(self, request, view_func):
        if request.htmx:
            page = request.htmx.current_url_abs_path or "/"
        elif request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        else:
            page = _page_behind(request)
        answer = redirect_to_login(page, self.get_login_url(view_func))
        return HttpResponseClientRedirect(answer.url) if request.htmx else answer


def _page_behind(request):
    """The page from which a form was sent, when it is one of ours."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
