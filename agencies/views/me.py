"""Signing in and out, and what a person keeps about themselves."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agencies.errors import ChangedMeanwhile
from agencies.forms import NoticesForm, ProfileForm, SignInForm
from agencies.models import User
from agencies.presenting import printed_grants

sign_in = LoginView.as_view(authentication_form=SignInForm)


@method_decorator(login_not_required, name="dispatch")
class SignOut(LogoutView):
    """Open to everybody: a session that ran out is signed out already."""


class ChangePassword(PasswordChangeView):
    template_name = "agencies/password_change.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form):
        messages.success(self.request, _("The new password holds from now on."))
        return super().form_valid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


def profile(request):
    """One's own name and address, language, and the roles one holds."""
    # A fresh copy: an invalid form must not change the name in the page's frame.
    person = User.objects.get(pk=request.user.pk)
    initial = {"seen": person.version, "language": translation.get_language()}
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person, initial=initial)
    status = 200
    theirs = None
    if request.method == "POST":
        if form.is_valid():
            try:
                request.user.revise(by=request.user, seen=form.cleaned_data["seen"], **form.values())
            except ChangedMeanwhile as other:
                # Sent again, the form is based on what the page now shows beside it.
                form.data = form.data.copy()
                form.data["seen"] = str(other.theirs.version)
                theirs, status = other, 409
            else:
                return _remember_language(request, form.cleaned_data["language"])
        else:
            status = 422
    return _profile_page(request, form=form, other=theirs, status=status)


def _profile_page(request, *, form=None, notices=None, other=None, status=200):
    person = User.objects.get(pk=request.user.pk)
    initial = {"seen": person.version, "language": translation.get_language()}
    context = {
        "form": form or ProfileForm(instance=person, initial=initial),
        "notices": notices or NoticesForm(person=person),
        "grants": printed_grants(request.user),
        "other": other,
    }
    return render(request, "agencies/profile.html", context, status=status)


@require_POST
def choose_notices(request):
    """How each kind of notice reaches the person."""
    form = NoticesForm(request.POST, person=request.user)
    if not form.is_valid():
        return _profile_page(request, notices=form, status=422)
    try:
        request.user.revise(by=request.user, seen=form.cleaned_data["seen"], notice_choices=form.choices())
    except ChangedMeanwhile:
        # One's own choice decides: the page comes back on the newer version, with what was chosen.
        form.data = form.data.copy()
        form.data["seen"] = str(User.objects.get(pk=request.user.pk).version)
        form.add_error(
            None, _("Your profile was changed elsewhere meanwhile; save again to keep these choices.")
        )
        return _profile_page(request, notices=form, status=409)
    messages.success(request, _("Your choice of notices is saved."))
    return redirect(f"{reverse('profile')}#notices")


def _remember_language(request, language):
    with translation.override(language):
        messages.success(request, _("Your profile is saved."))
    response = redirect("profile")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response
