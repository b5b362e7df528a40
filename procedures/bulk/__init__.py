"""Bulk edits: choose rows → old and new → reason → one change set.

`ACTS` names what can be done with each kind of row. An act looks at the chosen rows and says of
each what would become of it, writing nothing; `engine.apply` looks again under locks and writes
exactly what was shown, through the set-based doors.
"""

from procedures.bulk import agencies, duties, rollouts, waves

ACTS = {
    (act.subject, act.name): act
    for act in (
        rollouts.Reschedule(),
        rollouts.Move(),
        rollouts.Reach(),
        agencies.Assign(),
        agencies.Reach(),
        agencies.Declare(),
        duties.Rework(),
        waves.AssignWave(),
    )
}


def acts_of(subject, roles):
    """What a person with these roles anywhere may do with rows of a kind."""
    return [act for (of, _name), act in ACTS.items() if of == subject and act.roles & set(roles)]
