"""What every request passes through that Django does not bring."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"


class ContentSecurityPolicy:
    """Nothing loads from outside and nothing runs inline, on every answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class OpensOnce:
    """A script that sends a file (for its progress bar) follows the redirect only to learn where it leads.

    The browser opens the page after it: made for the script too, the page would tell its messages to nobody.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method == "GET" and "X-Sends-File" in request.headers:
            return HttpResponse(status=204)
        return self.get_response(request)


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
