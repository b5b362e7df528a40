"""Which buttons the agency page offers a person, from the table of the lifecycle."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage
from procedures.record_forms import MoveForm


@dataclass(frozen=True)
class Button:
    """A link, or with `sends` a form of one click: the fields it posts. A rare one is folded away."""

    label: str
    url: str
    sends: dict | None = None
    is_rare: bool = False


def entry_buttons(entry, roles, url, *, can_change=True):
    """Correct, take back, confirm, return, hand in again. `url(act)` is the entry's address of an act."""
    buttons = []
    returned = entry.acceptance == Acceptance.RETURNED
    for before, after, by in lifecycle.REVIEWS:
        if before != entry.acceptance or not roles & by:
            continue
        if after == Acceptance.RETURNED:
            buttons.append(Button(_("Return"), url("review"), is_rare=before == Acceptance.ACCEPTED))
        elif after == Acceptance.ACCEPTED:
            buttons.append(Button(_("Confirm"), url("review"), {"after": after.value, "seen": entry.version}))
    if can_change and roles & lifecycle.RECORDERS:
        label = _("Mend and hand in again") if returned else _("Correct")
        buttons.append(Button(label, url("amend"), is_rare=not returned))
    if roles & lifecycle.RECORDERS:
        buttons.append(Button(_("Take back"), url("withdraw"), is_rare=True))
    return [*buttons, history_button(entry, is_rare=bool(buttons))]


def history_button(record, *, is_rare=False):
    """Who changed the record, when, from what to what."""
    address = reverse(f"history_of_{record._meta.model_name}", args=[record.pk])
    return Button(pgettext("of one record", "History"), address, is_rare=is_rare)


def milestone_buttons(milestone, agency, roles, *, can_change):
    """The buttons of a milestone on the timeline; those of *declared* stand in the chain."""
    own = [agency.pk, milestone.rollout_id, milestone.pk]
    return entry_buttons(
        milestone, roles, lambda act: reverse(f"{act}_milestone", args=own), can_change=can_change
    )


def declaration_buttons(declaration, agency, roles):
    own = [agency.pk, declaration.pk]
    return entry_buttons(declaration, roles, lambda act: reverse(f"{act}_declaration", args=own))


def record_url(agency, rollout, stage=None):
    """Where a stage is recorded; a declaration has its own form."""
    if stage == Stage.DECLARED:
        return f"{reverse('declare', args=[agency.pk])}?dot={rollout.pk}"
    address = reverse("record_milestone", args=[agency.pk, rollout.pk])
    return f"{address}?stage={stage.value}" if stage else address


def rollout_buttons(rollout, agency, stages, moves, proposed):
    """Record the proposed milestone first, declare, then the ways to stop, go on or end."""
    buttons = []
    proposed = proposed if proposed in stages else next(iter(stages), None)
    if proposed is not None:
        label = _("Record: %s") % proposed.label if proposed != Stage.DECLARED else _("Declare")
        buttons.append(Button(label, record_url(agency, rollout, proposed)))
    if len([stage for stage in stages if stage != Stage.DECLARED]) > 1:
        buttons.append(
            Button(_("Several milestones"), reverse("record_several", args=[agency.pk, rollout.pk]))
        )
    if Stage.DECLARED in stages and proposed != Stage.DECLARED:
        buttons.append(Button(_("Declare"), record_url(agency, rollout, Stage.DECLARED)))
    for state in moves:
        address = reverse("move_rollout", args=[agency.pk, rollout.pk, state.value])
        buttons.append(Button(MoveForm.WORDS[state][1], address, is_rare=True))
    return buttons
