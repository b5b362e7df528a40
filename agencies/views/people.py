"""The people whom an administrator looks after, their roles, and why they see what they see."""

import datetime
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.access import roles_anywhere, scope_of
from agencies.errors import ChangedMeanwhile, Refused
from agencies.forms import EndGrantForm, GrantForm, PeopleSearchForm, WhyForm
from agencies.imports.people_list import PeopleList
from agencies.models import Agency, Membership, Role, User
from agencies.presenting import explained, printed_grants
from agencies.views.exports import list_file, wanted_file

PER_PAGE = 50


def for_administrators(view):
    """403 without the role anywhere; whose people and agencies is the querysets' question."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if Role.ADMINISTRATOR not in roles_anywhere(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def administered(user):
    """The agencies where a person is an administrator."""
    return Agency.objects.filter(scope_of(user, roles={Role.ADMINISTRATOR}))


@require_safe
@for_administrators
def people(request):
    """The people within the administrator's agencies."""
    form = PeopleSearchForm(request.GET)
    found = User.objects.visible_to(request.user)
    status = 200
    if form.is_valid():
        found = found.matching(form.cleaned_data["q"])
        if role := form.cleaned_data["role"]:
            held = Membership.objects.in_force(timezone.localdate())
            held = held.filter(scope_of(request.user, "agency__", {Role.ADMINISTRATOR}), role=role)
            found = found.filter(pk__in=held.values("user"))
    else:
        status = 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(PeopleList(), file, user=request.user, on=timezone.localdate(), among=found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    grants = printed_grants(*page.object_list, within=administered(request.user))
    rows = [(person, [g for g in grants if g.membership.user_id == person.pk]) for person in page.object_list]
    context = {"form": form, "page_obj": page, "rows": rows}
    return render(request, "agencies/people.html", context, status=status)


@require_safe
@for_administrators
def person(request, pk):
    """One person: their roles, and why they can or cannot see an agency."""
    someone = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    return _person_page(request, someone)


def _person_page(request, someone, form=None, refused=None, status=200):
    agencies = administered(request.user)
    why = WhyForm(request.GET if "why" in request.GET else None, agencies=agencies)
    answer = None
    if why.is_bound:
        if why.is_valid():
            answer = explained(someone, why.cleaned_data["why"], known=agencies)
        else:
            status = 422
    today = timezone.localdate()
    context = {
        "person": someone,
        "is_kept": User.objects.kept_by(request.user).filter(pk=someone.pk).exists(),
        "grants": printed_grants(someone, within=agencies),
        "holds_elsewhere": someone.memberships.exclude(agency__in=agencies).exists(),
        "why": why,
        "answer": answer,
        "form": form or GrantForm(agencies=agencies, initial={"starts_on": today, "role": Role.VIEWER}),
        "yesterday": today - datetime.timedelta(days=1),
        "refused": refused,
    }
    return render(request, "agencies/person.html", context, status=status)


@require_POST
@for_administrators
def grant_role(request, pk):
    """Give a person a role at an agency."""
    someone = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = GrantForm(request.POST, agencies=administered(request.user))
    if form.is_valid():
        try:
            given = Membership.objects.grant(someone, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Granted: %(grant)s.") % {"grant": given})
            return redirect("person", pk)
    return _person_page(request, someone, form, status=422)


@require_POST
@for_administrators
def end_grant(request, pk):
    """End a role that a person holds."""
    held = Membership.objects.filter(scope_of(request.user, "agency__", {Role.ADMINISTRATOR}))
    held = held.filter(user__in=User.objects.visible_to(request.user))
    membership = get_object_or_404(held.select_related("user", "agency"), pk=pk)
    form = EndGrantForm(request.POST)
    faulty = {"grant": membership.pk, "form": form}
    if not form.is_valid():
        return _person_page(request, membership.user, refused=faulty, status=422)
    try:
        Membership.objects.end_grant(membership, by=request.user, **form.cleaned_data)
    except ChangedMeanwhile:
        messages.warning(
            request, _("Nothing was saved: somebody changed this role meanwhile. Look at it again below.")
        )
        return _person_page(request, membership.user, status=409)
    except Refused as refused:
        form.add_error("on", refused.message)
        return _person_page(request, membership.user, refused=faulty, status=422)
    messages.success(request, _("Ended: %(grant)s.") % {"grant": membership})
    return redirect("person", membership.user_id)
