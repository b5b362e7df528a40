"""The agency page: identity, standard, rollouts and milestones, declarations, procedures, history."""

from itertools import groupby

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agencies.access import roles_at, visible_to
from agencies.models import Agency, Change, Role, Succession
from agencies.models.tree import ids_along
from agencies.presenting import history_lines
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage, State
from procedures.models import CoverageTally, Covers, Declaration, Document, Milestone, Rollout
from procedures.models.tallies import percent
from procedures.stages import RANK_PHASE, stage_label
from procedures.views.buttons import declaration_buttons, milestone_buttons, record_url, rollout_buttons
from procedures.views.lists import seen_from

CHANGES_SHOWN = 12
DOCUMENTS_SHOWN = 12
# A declaration changes dozens of these at once: the page of the change set has them.
NOT_SHOWN = ("procedures.agencyprocedure", "procedures.pastapplication")


@require_safe
def agency_page(request, pk):
    """Everything about one agency, on a day."""
    view = seen_from(request)
    agency = get_object_or_404(
        visible_to(request.user).not_void().select_related("parent", "covered_by"), pk=pk
    )
    identities = list(agency.past.order_by("until"))
    then = _identity(agency, identities, view.on)
    above = ids_along(then.path)[:-1]
    crumbs = sorted(visible_to(request.user).filter(pk__in=above), key=lambda a: above.index(a.pk))
    roles = roles_at(request.user, agency)
    declarations = list(
        Declaration.objects.filter(agency=agency, declared_on__lte=view.on)
        .select_related("standard", "document", "reviewed_by")
        .order_by("-declared_on", "-id")
    )
    rollouts = _rollouts(agency, view, roles, declarations)
    in_force, under_iso = CoverageTally.objects.filter(agency=agency).totals(view.on)
    below = Agency.objects.as_of(view.on).filter(parent_id_then=agency.pk).count()
    return render(
        request,
        "procedures/agency.html",
        {
            "view": view,
            "agency": agency,
            "name": then.name,
            "then": then,
            "exists": agency.exists_on(view.on),
            "identities": identities,
            "crumbs": crumbs,
            "parent": crumbs[-1] if crumbs else None,
            "roles": roles,
            "can_record": bool(roles & lifecycle.RECORDERS) and agency.is_unit and not agency.dissolved_on,
            "can_download": bool(roles & lifecycle.RECORDERS),
            "can_review": Role.COORDINATOR in roles,
            "declarations": chain_of(
                declarations, view.on, agency=agency, roles=roles if view.is_today else None
            ),
            "in_force": next((d for d in declarations if d.counts), None),
            "rollouts": rollouts,
            "documents": _documents(agency, view.on),
            "procedures_in_force": in_force,
            "procedures_under_iso": under_iso,
            "percent": percent(under_iso, in_force),
            "below": below,
            "successions": Succession.objects.filter(predecessor=agency).select_related("successor"),
            "precessions": Succession.objects.filter(successor=agency).select_related("predecessor"),
            "acts": _acts(agency, _read_already(request.user, agency, declarations, rollouts)),
        },
        status=view.status,
    )


def _read_already(person, agency, declarations, rollouts):
    """What the history of an agency mostly refers to, and the page has at hand."""
    milestones = [step["milestone"] for r in rollouts for step in r.timeline if step["milestone"]]
    people = [m.recorded_by for m in milestones] + [d.reviewed_by for d in declarations]
    documents = [m.document for m in milestones] + [d.document for d in declarations]
    found = [agency, person, *people, *documents, *rollouts, *(r.plan for r in rollouts)]
    return [record for record in [*found, *(d.standard for d in declarations)] if record is not None]


def _acts(agency, known):
    """The last changes of an agency, those of one act together: lists of lines, newest first."""
    changes = Change.objects.filter(agency=agency).exclude(model__in=NOT_SHOWN)
    lines = history_lines(changes, CHANGES_SHOWN, known=known)
    return [list(act) for _id, act in groupby(lines, key=lambda line: line.change_set_id)]


def _identity(agency, identities, day):
    """What the agency was called on a day, and where it stood."""
    for past in identities:
        if (past.from_on is None or past.from_on <= day) and day < past.until:
            return past
    return agency


def chain_of(declarations, day, *, agency=None, roles=None):
    """The declarations as the chain shows them on a day, newest first; with `roles`, the buttons too."""
    shown, newer, found = [], None, False
    for d in declarations:
        repealed = d.repealed_on is not None and d.repealed_on <= day
        current = d.counts and not found and not repealed
        found = found or d.counts
        shown.append(
            {
                "pk": d.pk,
                "number": d.number,
                "on": d.declared_on,
                "standard": d.standard.code,
                "signer": d.signer,
                "is_in_force": current,
                "replaced_on": newer.declared_on if newer else d.repealed_on,
                "scope": d.scope_note,
                "covers": d.get_covers_display() if d.covers != Covers.ALL else "",
                "document_url": d.document.get_absolute_url() if d.document else "",
                "reason": d.get_reason_display(),
                "gap": lifecycle.Gap.NO_NUMBER.label if d.lacks_evidence else "",
                "notice_number": d.notice_number,
                "notified_on": d.notified_on,
                "posted_on": d.posted_on,
                "acceptance": d.acceptance,
                "review_note": d.review_note,
                "buttons": declaration_buttons(d, agency, roles) if roles else [],
            }
        )
        if d.counts:
            newer = d
    return shown


def _documents(agency, day):
    """Decisions and reports that this agency issued or relies on, the latest first."""
    return list(Document.objects.of_agency(agency).by(day)[:DOCUMENTS_SHOWN])


def _rollouts(agency, view, roles, declarations):
    """The rollouts assigned by the day, each with its timeline, gaps and what may be done now."""
    rows = list(
        Rollout.objects.filter(agency=agency)
        .as_of(view.on)
        .select_related("plan", "agency")
        .prefetch_related("moves")
        .order_by("-year", "-id")
    )
    milestones = Milestone.objects.filter(rollout__in=[r.pk for r in rows]).select_related(
        "document", "recorded_by", "declaration"
    )
    by_rollout = {}
    for milestone in milestones.order_by("rank"):
        by_rollout.setdefault(milestone.rollout_id, []).append(milestone)
    for rollout in rows:
        own = by_rollout.get(rollout.pk, [])
        standing = _standing(rollout, own, declarations, view.on)
        rollout.phase, rollout.stage_name = RANK_PHASE[rollout.rank_then], stage_label(rollout.rank_then)
        rollout.state_name = State(rollout.state_then).label
        rollout.is_open = rollout.state_then in (State.ACTIVE, State.PAUSED)
        rollout.is_late = rollout.is_open and rollout.declared_then is None and rollout.due_on < view.on
        rollout.late_days = (view.on - rollout.due_on).days
        rollout.gaps = [gap.label for gap in lifecycle.gaps(standing)]
        rollout.timeline = _timeline(rollout, own, standing, view.on)
        rollout.last_move = next((m for m in reversed(rollout.moves.all()) if m.moved_on <= view.on), None)
        # Buttons belong to today; a page of the past only shows.
        rollout.stages = lifecycle.allowed_stages(standing, roles) if view.is_today else []
        moves = lifecycle.allowed_moves(standing, roles) if view.is_today else []
        rollout.can_move = bool(moves)
        proposed = lifecycle.next_stage(standing.reached)
        rollout.buttons = rollout_buttons(rollout, agency, rollout.stages, moves, proposed)
        if view.is_today:
            _add_buttons(rollout, agency, roles)
    return rows


def _add_buttons(rollout, agency, roles):
    """What may be done with each milestone of the timeline."""
    going_on = rollout.state == State.ACTIVE
    for step in rollout.timeline:
        if step["stage"] == Stage.DECLARED and step["milestone"] is not None:
            step["url"] = "#declarations"
        elif step["milestone"] is not None:
            step["buttons"] = milestone_buttons(step["milestone"], agency, roles, can_change=going_on)
        elif step["stage"] in rollout.stages and step["state"] in ("current", "missing", "late"):
            step["record_url"] = record_url(agency, rollout, step["stage"])


def _standing(rollout, milestones, declarations, day):
    """The rollout for the rules of the lifecycle, from rows already read."""
    counting = {m.stage: m for m in milestones if m.counts and m.reached_on <= day}
    own = counting.get(Stage.DECLARED)
    moment = own.reached_on if own else day
    return lifecycle.Standing(
        form=lifecycle.Form(rollout.form),
        state=State(rollout.state_then),
        reached={Stage(stage): m.reached_on for stage, m in counting.items()},
        established_on=rollout.agency.established_on,
        dissolved_on=rollout.agency.dissolved_on,
        declared_before=any(
            d.counts and (d.declared_on < moment if own else d.declared_on <= moment)
            for d in declarations
            if own is None or d.pk != own.declaration_id
        ),
        lacks_number=own is not None and own.declaration.lacks_evidence,
    )


def _timeline(rollout, milestones, standing, day):
    """The twelve milestones in their usual order: reached, passed over, returned, due."""
    by_stage = {m.stage: m for m in milestones if m.reached_on <= day}
    proposed = lifecycle.next_stage(standing.reached) if rollout.is_open else None
    shown = []
    for stage in Stage:
        milestone = by_stage.get(stage)
        step = {"stage": stage, "label": stage.label, "state": "due", "milestone": milestone}
        if milestone is not None:
            step |= {
                "state": "done" if milestone.counts else "returned",
                "on": milestone.reached_on,
                "document": milestone.document,
                "document_url": milestone.document.get_absolute_url() if milestone.document else "",
                "by": milestone.recorded_by,
                "note": milestone.note if milestone.counts else milestone.review_note,
                "is_unconfirmed": milestone.acceptance == Acceptance.UNREVIEWED,
            }
        elif stage.rank < rollout.rank_then:
            step["state"] = "missing"
        elif stage == Stage.DECLARED:
            step |= {"due_on": rollout.due_on, "state": "late" if rollout.is_late else "due"}
        if stage == proposed and step["state"] == "due" and rollout.state_then == State.ACTIVE:
            step["state"] = "current"
        shown.append(step)
    return shown
