"""Pages for what must not happen; they give back what was typed."""

from django.http import HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string

from agencies.middleware import kept_page, person_of


def csrf_failure(request, reason=""):
    """The form's token is old or missing. What was typed comes back when the form was one of ours."""
    again = None
    if request.method == "POST" and _is_ours(request):
        person = request.user.pk if request.user.is_authenticated else person_of(request)
        again = kept_page(request, person)
    return render(request, "403_csrf.html", {"again": again}, status=403)


def _is_ours(request):
    """Whether the browser says that the form was sent from a page of this site: a foreign one gets nothing kept."""
    own = f"{request.scheme}://{request.get_host()}"
    origin = request.headers.get("Origin")
    return origin == own if origin else request.headers.get("Referer", "").startswith(f"{own}/")


def server_error(request):
    """It asks nothing of the request, so it also stands when all else fell."""
    again = getattr(request, "given_back_at", None)
    return HttpResponseServerError(render_to_string("500.html", {"again": again}))
