"""Writing on the agency page: milestones, declarations, the lead agency's word, changes of state.

Each view fetches, checks, calls one door and shows; `answer` turns what a door says into a page.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agencies.access import roles_at, visible_to
from agencies.errors import ChangedMeanwhile, Refused
from agencies.models import Change
from iso_rollout import papers
from procedures import effects, lifecycle
from procedures.lifecycle import Acceptance, Gap, Stage, State
from procedures.models import CoverageTally, Declaration, Milestone, Rollout
from procedures.record_forms import (
    AmendDeclarationForm,
    AmendForm,
    DeclareForm,
    MilestoneForm,
    MoveForm,
    ReviewForm,
    WithdrawDeclarationForm,
    WithdrawForm,
    facts_of,
)
from procedures.views.agency import chain_of

asked_or_typed = require_http_methods(["GET", "HEAD", "POST"])

FIELDS = "procedures/_record_fields.html"

# What the lead agency's buttons say.
DECISIONS = {
    Acceptance.ACCEPTED: gettext_lazy("Confirm"),
    Acceptance.RETURNED: gettext_lazy("Return"),
    Acceptance.UNREVIEWED: gettext_lazy("Hand in again"),
}

# What is told afterwards.
DECIDED = {
    Acceptance.ACCEPTED: gettext_lazy("Confirmed."),
    Acceptance.RETURNED: gettext_lazy(
        "Returned with your note. It no longer counts until it is handed in again."
    ),
    Acceptance.UNREVIEWED: gettext_lazy("Handed in again. It counts, and waits for the lead agency."),
}


# Fetch and check


def writable(request, pk, by=lifecycle.RECORDERS):
    """The agency and the person's roles there: outside their scope 404, without one of the roles 403."""
    agency = get_object_or_404(visible_to(request.user).not_void().select_related("covered_by"), pk=pk)
    roles = roles_at(request.user, agency)
    if not roles & by:
        raise PermissionDenied
    return agency, roles


def rollout_of(agency, pk):
    rows = Rollout.objects.filter(agency=agency).select_related("agency", "plan")
    return get_object_or_404(rows.prefetch_related("milestones__declaration"), pk=pk)


def typed(request):
    """What was sent, and the files that came along; nothing before anything is."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


# Show


def answer(request, form, save, **page):
    """Show the form, or do what it asks: the one place where a door's answer becomes a page.

    `save` calls the door and returns what has become true, in sentences, and where to go.
    """
    if request.method != "POST" or form.is_searching:
        return show(request, form, **page)
    if form.is_valid():
        try:
            return told(request, *save())
        except (ChangedMeanwhile, Refused) as stopped:
            if form.is_on_record(request.user):
                return recorded_already(request, form.back)
            if isinstance(stopped, ChangedMeanwhile):
                return conflict(request, form, stopped, **page)
            form.refuse(stopped)
    return show(request, form, status=422, **page)


def show(request, form, *, becomes=(), gaps=(), facts=(), fields=None, status=200, **more):
    """The form on its page, below what will become true; `fields` is a partial of its own for the fields."""
    context = {"form": form, "agency": form.agency, "becomes": becomes, "gaps": gaps, "facts": facts}
    context |= {
        "fields": fields or FIELDS,
        "max_bytes": papers.MAX_BYTES,
        "too_large": papers.Refused("E_FILE_SIZE"),
    }
    return render(request, "procedures/record_form.html", context | more, status=status)


def told(request, sentences, gaps, back):
    """Back to the agency page with what became true, and what still lacks evidence."""
    messages.success(request, " ".join(str(s) for s in sentences))
    if gaps:
        labels = "; ".join(str(Gap(gap).label) for gap in gaps)
        messages.warning(request, _("Evidence gaps: %s.") % labels)
    return redirect(back)


def recorded_already(request, back):
    """The second of two clicks: one effect, and a plain word."""
    link = format_html('<a href="{}">{}</a>', back, _("Show"))
    messages.info(
        request, format_html("{} {}", _("This is on record already; nothing was done twice."), link)
    )
    return redirect(back)


def conflict(request, form, other, *, fields=None, **_page):
    """Both versions side by side, who was first, and the typed values ready to be sent again."""
    mine, theirs = form.versions()
    context = {"agency": form.agency, "mine": mine, "theirs": theirs, "first": other.change}
    again = form.again()
    context |= {"form": again, "back": form.back, "fields": fields or FIELDS}
    return render(request, "procedures/record_conflict.html", context, status=409)


# Milestones


@asked_or_typed
def record_milestone(request, pk, rollout_id):
    """One step of a rollout, with its day and evidence."""
    agency, roles = writable(request, pk)
    rollout = rollout_of(agency, rollout_id)
    form = MilestoneForm(
        *typed(request),
        rollout=rollout,
        roles=roles,
        user=request.user,
        stage=request.GET.get("stage"),
        on=request.GET.get("on"),
    )
    if request.method != "POST" and not form.allowed:
        messages.info(request, _("No milestone is left to be recorded here."))
        return redirect(form.back)

    def save():
        milestone = rollout.reach(by=request.user, **form.values())
        done = _("Recorded: %(stage)s.") % {"stage": milestone.get_stage_display()}
        reached = rollout.standing(without=milestone).reached
        becomes = effects.of_milestone(rollout, reached, Stage(milestone.stage))
        return [done, *becomes], lifecycle.gaps(rollout.standing(), at=Stage(milestone.stage)), form.back

    becomes, gaps = (), ()
    if form.proposed:
        becomes = effects.of_milestone(rollout, form.standing.reached, form.proposed) + effects.awaiting(
            roles
        )
        supposed = lifecycle.replace_reached(form.standing, form.proposed, form.initial["on"])
        gaps = lifecycle.gaps(supposed, at=form.proposed)
    return answer(request, form, save, becomes=becomes, gaps=gaps)


def milestone_of(rollout, pk):
    """A milestone with a form of its own: *declared* is its declaration's."""
    found = rollout.milestones.filter(declaration=None).select_related("document", "rollout__agency")
    return get_object_or_404(found, pk=pk)


@asked_or_typed
def amend_milestone(request, pk, rollout_id, milestone_id):
    """Another day, document or note for a milestone on record."""
    agency, roles = writable(request, pk)
    rollout = rollout_of(agency, rollout_id)
    if request.method == "POST" and is_gone(Milestone, milestone_id, agency):
        # Taken back by somebody else while this one typed: the entry goes on as a new one.
        form = MilestoneForm(*typed(request), rollout=rollout, roles=roles, user=request.user)
        gone = ChangedMeanwhile(rollout, rollout.changes())
        return conflict(request, form, gone) if form.is_valid() else show(request, form, status=422)
    milestone = milestone_of(rollout, milestone_id)
    form = AmendForm(*typed(request), rollout=rollout, roles=roles, user=request.user, milestone=milestone)
    was = milestone.acceptance

    def save():
        stored = rollout.amend(milestone, by=request.user, **form.values())
        done = _("Corrected: %(stage)s.") % {"stage": stored.get_stage_display()}
        return (
            [done, *_mended(was, stored)],
            lifecycle.gaps(rollout.standing(), at=Stage(stored.stage)),
            form.back,
        )

    return answer(request, form, save, facts=facts_of(milestone), becomes=effects.awaiting(roles))


def _mended(was, entry):
    """What a correction did to an entry that was returned: mended, it is handed in again."""
    return [DECIDED[entry.acceptance]] if was == Acceptance.RETURNED else []


@asked_or_typed
def withdraw_milestone(request, pk, rollout_id, milestone_id):
    """Ask for the reason, then take a milestone back."""
    agency, roles = writable(request, pk)
    rollout = rollout_of(agency, rollout_id)
    back = f"{agency.get_absolute_url()}#rollout-{rollout.pk}"
    if request.method == "POST" and is_gone(Milestone, milestone_id, agency):
        return recorded_already(request, back)
    milestone = milestone_of(rollout, milestone_id)
    form = WithdrawForm(typed(request)[0], rollout=rollout, roles=roles, milestone=milestone)

    def save():
        seen, reason = form.cleaned_data["seen"], form.cleaned_data["reason"]
        rollout.withdraw(milestone, by=request.user, seen=seen, reason=reason)
        return [_("Taken back: %(stage)s.") % {"stage": milestone.get_stage_display()}], [], form.back

    becomes = [_("The milestone leaves the record; its last text stays in the history of changes.")]
    return answer(request, form, save, becomes=becomes, facts=facts_of(milestone), danger=True)


def is_gone(model, pk, agency):
    """Whether a record of this agency was on record and is not any more."""
    line = Change.objects.filter(
        model=model._meta.label_lower, object_id=pk, agency=agency, after__isnull=True
    )
    return line.exists() and not model.objects.filter(pk=pk).exists()


# Declarations


@asked_or_typed
def declare(request, pk):
    """A declaration, of a rollout (?dot=) or outside a plan."""
    agency, roles = writable(request, pk)
    rollout = None
    if "dot" in request.GET:
        given = request.GET["dot"]
        if not given.isdecimal() or len(given) > 18:
            raise Http404
        rollout = rollout_of(agency, int(given))
    if not agency.is_unit and request.method != "POST":  # what was typed already is refused in its form
        messages.warning(request, _("%s has no system of its own.") % agency)
        return redirect(agency)
    form = DeclareForm(*typed(request), agency=agency, rollout=rollout, roles=roles, user=request.user)

    def save():
        declaration = Declaration.objects.declare(agency, rollout=rollout, by=request.user, **form.values())
        done = _("Declared under %(standard)s.") % {"standard": declaration.standard}
        if rollout is None:
            return [done], [Gap.NO_NUMBER] if declaration.lacks_evidence else [], form.back
        back = f"{agency.get_absolute_url()}#rollout-{rollout.pk}"
        gaps = lifecycle.gaps(rollout.standing(), at=Stage.DECLARED)
        return [done, *effects.of_declaration(rollout)], gaps, back

    return answer(request, form, save, **_declaring(form, agency, rollout, roles))


def _declaring(form, agency, rollout, roles):
    """What a declaration will make true, and which undertakings it would leave open."""
    becomes = effects.of_declaration(rollout) if rollout else []
    becomes += effects.of_redeclaration(form.earlier)
    number = CoverageTally.objects.filter(agency=agency).totals(form.initial["on"])[0]
    if number:
        becomes.append(
            _("Procedures in force that come under the standard when all are covered: %d.") % number
        )
    gaps, others = [], []
    if rollout is None:
        others = Rollout.objects.filter(agency=agency, state=State.ACTIVE)
        others = list(others.exclude(milestones__stage=Stage.DECLARED))
    else:
        standing = lifecycle.replace_reached(rollout.standing(), Stage.DECLARED, form.initial["on"])
        gaps = lifecycle.gaps(standing, at=Stage.DECLARED)
    chain = chain_of(form.declarations, timezone.localdate())
    return {
        "becomes": becomes + effects.awaiting(roles), "gaps": gaps, "others": others, "chain": chain,
    }  # fmt: skip


def declaration_of(agency, pk):
    rows = Declaration.objects.select_related("agency", "standard", "document")
    return get_object_or_404(rows, pk=pk, agency=agency)


@asked_or_typed
def amend_declaration(request, pk, declaration_id):
    """Another number, day, signer, reason, scope or notice for a declaration on record."""
    agency, roles = writable(request, pk)
    declaration = declaration_of(agency, declaration_id)
    form = AmendDeclarationForm(*typed(request), declaration=declaration, user=request.user)
    was = declaration.acceptance

    def save():
        stored = declaration.amend(by=request.user, **form.values())
        gaps = [Gap.NO_NUMBER] if stored.lacks_evidence else []
        return [_("Declaration corrected."), *_mended(was, stored)], gaps, form.back

    # What the lead agency said stands above the fields that are to be mended.
    facts = facts_of(declaration) if was == Acceptance.RETURNED else ()
    return answer(request, form, save, facts=facts, becomes=effects.awaiting(roles))


@asked_or_typed
def withdraw_declaration(request, pk, declaration_id):
    """Ask for the reason, then take a declaration back with its milestone."""
    agency, roles = writable(request, pk)
    back = f"{agency.get_absolute_url()}#declarations"
    if request.method == "POST" and is_gone(Declaration, declaration_id, agency):
        return recorded_already(request, back)
    declaration = declaration_of(agency, declaration_id)
    form = WithdrawDeclarationForm(typed(request)[0], entry=declaration, agency=agency, back=back)

    def save():
        seen, reason = form.cleaned_data["seen"], form.cleaned_data["reason"]
        declaration.withdraw(by=request.user, seen=seen, reason=reason)
        return [_("Declaration taken back.")], [], back

    becomes = [
        _("The declaration leaves the record, and so does the milestone “Declared” that rests on it."),
        _("Procedures that came under the standard with it run again as before."),
        _("Its last text stays in the history of changes."),
    ]
    return answer(request, form, save, becomes=becomes, facts=facts_of(declaration), danger=True)


# The lead agency's word


@asked_or_typed
def review_milestone(request, pk, rollout_id, milestone_id):
    """Confirm a milestone, return it with a note, or hand it in again."""
    agency, roles = writable(request, pk)
    milestone = milestone_of(rollout_of(agency, rollout_id), milestone_id)
    back = f"{agency.get_absolute_url()}#rollout-{rollout_id}"
    return _review(request, milestone, agency, roles, back)


@asked_or_typed
def review_declaration(request, pk, declaration_id):
    """Confirm a declaration, return it with a note, or hand it in again."""
    agency, roles = writable(request, pk)
    back = f"{agency.get_absolute_url()}#declarations"
    return _review(request, declaration_of(agency, declaration_id), agency, roles, back)


def _review(request, entry, agency, roles, back):
    form = ReviewForm(typed(request)[0], entry=entry, agency=agency, back=back)
    wanted = request.POST.get("after")
    allowed = {after for _before, after, by in lifecycle.REVIEWS if roles & by}
    if (wanted or Acceptance.RETURNED) in Acceptance.values and (
        wanted or Acceptance.RETURNED
    ) not in allowed:
        raise PermissionDenied

    def save():
        entry.review(
            form.cleaned_data["after"],
            by=request.user,
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
        )
        return [DECIDED[entry.acceptance]], [], back

    decisions = [(after.value, DECISIONS[after]) for after in form.choices(roles)]
    return answer(request, form, save, facts=facts_of(entry), decisions=decisions)


# Pause, resume, carry over, cancel, end


@asked_or_typed
def move_rollout(request, pk, rollout_id, state):
    """Stop a rollout, let it go on, or end it, with a reason."""
    if state not in State.values:
        raise Http404
    state = State(state)
    agency, roles = writable(
        request, pk, by=frozenset().union(*(m.by for m in lifecycle.MOVES if m.after == state))
    )
    rollout = rollout_of(agency, rollout_id)
    form = MoveForm(typed(request)[0], rollout=rollout, roles=roles, state=state)
    if request.method != "POST" and state not in lifecycle.allowed_moves(rollout.standing(), roles):
        messages.warning(request, _("This undertaking cannot become: %s.") % state.label)
        return redirect(form.back)

    def save():
        heir = rollout.move(state, by=request.user, **form.cleaned_data)
        back = f"{agency.get_absolute_url()}#rollout-{heir.pk}"
        return [*effects.of_move(rollout, state)], [], back

    return answer(request, form, save, becomes=effects.of_move(rollout, state))
