"""The history of one record: who, when, what, from what to what, why; and bringing one value back."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies import history
from agencies.access import holds_at_top, may_restore, scope_of
from agencies.errors import ChangedMeanwhile, Refused
from agencies.forms import RestoreForm
from agencies.models import Agency, Change, Role, User
from agencies.presenting import history_lines, history_url, printed_values, record_kind
from procedures.models import (
    AgencyProcedure,
    Campaign,
    Declaration,
    Document,
    Milestone,
    Plan,
    Procedure,
    Rollout,
    Target,
)
from procedures.views.agency import NOT_SHOWN

PER_PAGE = 50


def _own(record):
    return Change.objects.of(record)


def _of_agency(agency):
    """Everything about an agency; a declaration changes dozens of duties at once, they have pages of their own."""
    return Change.objects.filter(agency=agency).exclude(model__in=NOT_SHOWN)


def _of_plan(plan):
    """The plan, its targets and their figures."""
    lines = Change.objects
    targets = lines.of_parts(plan.targets, "plan_id", agency=plan.agency_id)
    revisions = Q(
        model="procedures.targetrevision", object_id__in=plan.targets.order_by().values("revisions")
    )
    return lines.of(plan) | targets | lines.filter(revisions)


def _with(column, manager):
    """The lines of a record of one agency, with those of its parts."""

    def lines(record):
        parts = getattr(record, manager)
        return Change.objects.of(record) | Change.objects.of_parts(
            parts, column, agency=record.history_agency_id
        )

    return lines


def _of_person(person):
    """The account and the roles, those taken out since included."""
    return Change.objects.of(person) | Change.objects.of_parts(person.memberships, "user_id")


@dataclass(frozen=True)
class Kind:
    """One kind of record with a history page: where the record is shown, and whose lines tell its history."""

    slug: str
    visible: object  # person → queryset
    page: object  # record → address where it is shown, "" for none
    lines: object = _own


def _page_of(agency):
    """An agency whose entry was undone has no page."""
    return "" if agency.is_void else agency.get_absolute_url()


KINDS = {
    "agency": Kind("co-quan", Agency.objects.visible_to, _page_of, _of_agency),
    "rollout": Kind(
        "dot-trien-khai",
        lambda user: Rollout.objects.visible_to(user).select_related("agency"),
        lambda rollout: f"{rollout.get_absolute_url()}#rollout-{rollout.pk}",
        Rollout.changes,
    ),
    "milestone": Kind(
        "moc",
        lambda user: Milestone.objects.visible_to(user).select_related("rollout__agency"),
        lambda m: f"{m.rollout.get_absolute_url()}#rollout-{m.rollout_id}",
    ),
    "declaration": Kind(
        "cong-bo",
        lambda user: Declaration.objects.visible_to(user).select_related("agency"),
        lambda d: f"{d.agency.get_absolute_url()}#declarations",
    ),
    "document": Kind("van-ban", Document.objects.visible_to, Document.get_absolute_url),
    "procedure": Kind("thu-tuc", lambda user: Procedure.objects.all(), lambda p: reverse("procedures")),
    "agencyprocedure": Kind(
        "thu-tuc-co-quan",
        lambda user: AgencyProcedure.objects.visible_to(user).select_related("agency", "procedure"),
        lambda duty: _page_of(duty.agency),
        _with("agency_procedure_id", "past"),
    ),
    "plan": Kind("ke-hoach", Plan.objects.visible_to, Plan.get_absolute_url, _of_plan),
    "target": Kind(
        "chi-tieu",
        lambda user: Target.objects.filter(plan__in=Plan.objects.visible_to(user)).select_related("plan"),
        lambda target: target.plan.get_absolute_url(),
        _with("target_id", "revisions"),
    ),
    "campaign": Kind(
        "dot-chuyen-doi",
        # Its waves name territories and units of the whole plan: only to whoever sees that whole.
        lambda user: Campaign.objects.filter(scope_of(user, "plan__agency__")).select_related("plan"),
        Campaign.get_absolute_url,
        _with("campaign_id", "waves"),
    ),
    "user": Kind("nguoi-dung", User.objects.visible_to, User.get_absolute_url, _of_person),
}


@require_safe
def record_history(request, pk, kind):
    """Every change of one record, the latest first; what is gone keeps its history."""
    record = kind.visible(request.user).filter(pk=pk).first()
    if record is not None:
        lines, title, back = kind.lines(record), str(record), kind.page(record)
    else:
        name = next(name for name, known in KINDS.items() if known is kind)
        gone = Change.objects.visible_to(request.user).filter(object_id=pk, model__endswith=f".{name}")
        last = gone.select_related("agency").first()
        if last is None or last.after is not None:
            raise Http404
        lines, title = gone, last.label
        back = _page_of(last.agency) if last.agency else ""
    page = Paginator(
        lines.select_related("change_set__made_by", "change_set__upload").order_by("-id"), PER_PAGE
    ).get_page(request.GET.get("page"))
    changes = list(page.object_list)
    restorable = history.restorable_columns(_offered(request.user, changes))
    context = {
        "title": title,
        "back": back,
        "page_obj": page,
        "kind": record_kind(changes[0].model) if changes and kind.lines is _own else "",
        "changes": history_lines(changes, restorable=restorable, reader=request.user),
        "is_gone": record is None,
    }
    return render(request, "procedures/record_history.html", context)


def _offered(user, changes):
    """The lines whose values the page offers to bring back.

    Accounts and roles, which stand in the history of an agency too, are for administrators; the other
    lines of one page belong to one agency.
    """
    people, facts = [], []
    for change in changes:
        (people if change.model in ("agencies.user", "agencies.membership") else facts).append(change)
    offered = people if people and holds_at_top(user, {Role.ADMINISTRATOR}) else []
    return offered + facts if facts and may_restore(user, facts[0]) else offered


@require_http_methods(["GET", "HEAD", "POST"])
def restore_value(request, pk, column):
    """Ask, then bring back what one value was before a change."""
    lines = Change.objects.visible_to(request.user).select_related("change_set__made_by", "agency")
    change = get_object_or_404(lines, pk=pk)
    if not may_restore(request.user, change):
        raise PermissionDenied
    try:
        found = history.what_restoring_does(change, column)
    except Refused as refused:
        return _show(request, change, None, None, refusal=str(refused), status=422)
    if request.method != "POST":
        return _show(request, change, found, RestoreForm(initial={"seen": found.version}))
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _show(request, change, found, form, status=422)
    try:
        own = history.restore(change, column, by=request.user, **form.cleaned_data)
    except ChangedMeanwhile as other:
        again = RestoreForm(initial=form.cleaned_data | {"seen": other.theirs.version})
        return _show(request, change, found, again, other=other, status=409)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _show(request, change, found, form, status=422)
    back = history_url(change) or change.change_set.get_absolute_url()
    if own is None:
        messages.info(request, _("It holds this value already; nothing was done twice."))
    else:
        undo = reverse("undo_change_set", args=[own.pk])
        link = format_html('<a href="{}">{}</a>', undo, _("Undo…"))
        messages.success(request, format_html("{} {}", _("The value is restored."), link))
    return redirect(back)


def _show(request, change, found, form, *, refusal="", other=None, status=200):
    if found is not None and form is not None and not form.is_bound and not refusal:
        refusal = _rehearsed(change, found, request.user)
    now, then = printed_values(found.field, found.now, found.then) if found else ("", "")
    context = {
        "change": change,
        "found": found,
        "form": form,
        "now": now,
        "then": then,
        "refusal": refusal,
        "first": other.change if other else None,
        "back": history_url(change) or change.change_set.get_absolute_url(),
    }
    return render(request, "procedures/restore_value.html", context, status=status)


def _rehearsed(change, found, user):
    """Why a rule would refuse it, "" when none does: the door itself is asked, and rolled back."""
    try:
        with transaction.atomic():
            history.restore(change, found.field.attname, by=user, seen=found.version, reason="–")
            transaction.set_rollback(True)
    except (Refused, ChangedMeanwhile) as stopped:
        return str(stopped)
    return ""
