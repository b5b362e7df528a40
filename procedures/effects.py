"""What an entry makes true, in sentences: read before saving and told after it."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.models import Role
from procedures.lifecycle import Stage, State
from procedures.models import Metric
from procedures.stages import stage_label


def undertaking(rollout):
    """A rollout in a sentence: "Build 2020"."""
    return f"{rollout.get_form_display()} {rollout.year}"


def target_of(rollout):
    """The target that counts this rollout once it is declared; None when the plan has none for it."""
    targets = rollout.plan.targets.filter(metric=Metric.UNITS, form=rollout.form, year=rollout.year)
    return next((t for t in targets if rollout.agency.level in t.level_list), None)


def awaiting(roles):
    """That the entry waits for the lead agency's word; nothing when the lead agency makes it itself."""
    if Role.COORDINATOR in roles:
        return []
    return [_("It counts at once and shows as not yet confirmed until the lead agency has looked at it.")]


def of_milestone(rollout, reached, stage):
    """What a milestone does to its rollout; `reached` are the stages on record without it."""
    furthest = max((Stage(s).rank for s in reached), default=0)
    words = {"rollout": undertaking(rollout), "stage": stage_label(max(furthest, stage.rank))}
    if stage.rank > furthest:
        return [_("%(rollout)s stands at: %(stage)s.") % words]
    return [_("%(rollout)s stays at: %(stage)s. The milestone completes its record.") % words]


def of_declaration(rollout):
    """What *declared* does to a rollout: the stage it reaches and the target that counts it."""
    words = {"rollout": undertaking(rollout), "target": target_of(rollout), "plan": rollout.plan}
    if words["target"] is None:
        return [_("%(rollout)s reaches: declared. The plan has no target that counts it.") % words]
    return [_("%(rollout)s reaches: declared. It counts for the target: %(target)s.") % words]


def of_redeclaration(earlier):
    """What happens to the declaration in force; nothing without one."""
    if earlier is None:
        return []
    return [
        _("It replaces %(number)s of %(day)s, made under %(standard)s.")
        % {
            "number": earlier.number or _("the declaration"),
            "day": date_format(earlier.declared_on),
            "standard": earlier.standard,
        }
    ]


def of_move(rollout, state):
    """What a change of state does to a rollout."""
    words = {"rollout": undertaking(rollout), "day": date_format(rollout.due_on)}
    return [
        {
            State.ACTIVE: _("%(rollout)s goes on; it is due on %(day)s."),
            State.PAUSED: _(
                "%(rollout)s rests. No milestone can be recorded; past %(day)s it counts as overdue."
            ),
            State.CARRIED_OVER: _(
                "%(rollout)s ends, and the same undertaking goes on in the other year"
                " with the milestones reached so far."
            ),
            State.CANCELLED: _("%(rollout)s ends without a declaration. It can never count for its target."),
            State.REORGANISED: _(
                "%(rollout)s ends because the agency is reorganised. It can never count for its target."
            ),
        }[state]
        % words
    ]
