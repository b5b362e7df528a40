"""The lifecycle against tables written out by hand: stage × role × rule, moves, reviews, gaps, proposals.

Nothing here is computed from `lifecycle.STEPS`: a change of the table must be made twice.
"""

import pytest
from django.utils import translation

from agencies.models import Role
from agencies.testing import day
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Form, Gap, Stage, Standing, State, StepRefused

TODAY = day("2021-03-01")
V, E, C, A = Role.VIEWER, Role.EDITOR, Role.COORDINATOR, Role.ADMINISTRATOR
P, D = Stage.PROMULGATED, Stage.DECLARED


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


# Roles that may record, one row for each milestone -------------------------------------------

ROLES = """
#             nobody  viewer  editor  coordinator  administrator
planned       no      no      yes     yes          no
steering      no      no      yes     yes          no
surveyed      no      no      yes     yes          no
trained       no      no      yes     yes          no
documented    no      no      yes     yes          no
promulgated   no      no      yes     yes          no
operating     no      no      yes     yes          no
audited       no      no      yes     yes          no
reviewed      no      no      yes     yes          no
confirmed     no      no      yes     yes          no
declared      no      no      yes     yes          no
notified      no      no      yes     yes          no
"""

# Hard rules: what the table answers to a person who may record.
# The agency was established on 1.2.2020 and closes on 1.2.2021 where a column says so.
SITUATIONS = {
    # name: (standing, day of the milestone)
    "free": (Standing(Form.BUILD), day("2020-09-01")),
    "today": (Standing(Form.BUILD), TODAY),
    "tomorrow": (Standing(Form.BUILD), day("2021-03-02")),
    "opening": (Standing(Form.BUILD, established_on=day("2020-02-01")), day("2020-02-01")),
    "unborn": (Standing(Form.BUILD, established_on=day("2020-02-01")), day("2020-01-31")),
    "last": (Standing(Form.BUILD, dissolved_on=day("2021-02-01")), day("2021-01-31")),
    "closed": (Standing(Form.BUILD, dissolved_on=day("2021-02-01")), day("2021-02-01")),
    "paused": (Standing(Form.BUILD, State.PAUSED), day("2020-09-01")),
    "carried": (Standing(Form.BUILD, State.CARRIED_OVER), day("2020-09-01")),
    "cancel": (Standing(Form.BUILD, State.CANCELLED), day("2020-09-01")),
    "reorg": (Standing(Form.BUILD, State.REORGANISED), day("2020-09-01")),
    # promulgated on 1.9.; the milestone on the day before, on the day
    "<prom": (Standing(Form.BUILD, reached={P: day("2020-09-01")}), day("2020-08-31")),
    "=prom": (Standing(Form.BUILD, reached={P: day("2020-09-01")}), day("2020-09-01")),
    # declared on 20.11.; the milestone on the day before, on the day, on the day after
    "<decl": (Standing(Form.BUILD, reached={D: day("2020-11-20")}), day("2020-11-19")),
    "=decl": (Standing(Form.BUILD, reached={D: day("2020-11-20")}), day("2020-11-20")),
    ">decl": (Standing(Form.BUILD, reached={D: day("2020-11-20")}), day("2020-11-21")),
}
HARD = """
#            free today tomorrow opening unborn last closed paused carried cancel reorg <prom =prom <decl =decl >decl
planned      ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
steering     ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
surveyed     ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
trained      ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
documented   ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
promulgated  ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    no
operating    ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
audited      ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
reviewed     ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
confirmed    ok   ok    no       ok      no     ok   no     no     no      no     no    ok    ok    ok    ok    ok
declared     ok   ok    no       ok      no     ok   no     no     no      no     no    no    ok    ok    ok    ok
notified     no   no    no       no      no     no   no     no     no      no     no    no    no    no    ok    ok
"""

# Soft rules: the evidence gaps that a milestone recorded alone leaves (a rollout to build).
SOFT = {
    "planned": [],
    "steering": [],
    "surveyed": [],
    "trained": [],
    "documented": [],
    "promulgated": [],
    "operating": ["no_promulgation"],
    "audited": ["no_promulgation"],
    "reviewed": ["no_audit"],
    "confirmed": ["no_review"],
    "declared": ["no_promulgation", "no_audit", "no_review", "no_confirmation"],
}


def table(text):
    """{(row, column): cell} of a table as it stands above."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return {(row[0], column): cell for row in rows for column, cell in zip(head[1:], row[1:], strict=True)}


HOLDS = {"nobody": set(), "viewer": {V}, "editor": {E}, "coordinator": {C}, "administrator": {A}}
MAY, RULES = table(ROLES), table(HARD)


def allowed(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except StepRefused as refused:
        assert str(refused)
        return False
    return True


def test_the_tables_speak_of_every_milestone():
    assert {row for row, _ in MAY} == {row for row, _ in RULES} == set(Stage.values)
    assert {column for _, column in RULES} == set(SITUATIONS)
    assert list(SOFT) + ["notified"] == Stage.values


@pytest.mark.parametrize("role", HOLDS)
@pytest.mark.parametrize("stage", Stage.values)
def test_matrix(stage, role):
    answers = {
        situation: allowed(lifecycle.check_step, standing, stage, on=on, roles=HOLDS[role], today=TODAY)
        for situation, (standing, on) in SITUATIONS.items()
    }
    assert answers == {
        situation: MAY[stage, role] == "yes" and RULES[stage, situation] == "ok" for situation in SITUATIONS
    }


@pytest.mark.parametrize("stage", Stage.values)
def test_one_role_that_allows_is_enough(stage):
    reached = {D: day("2020-08-31")} if stage == "notified" else {}
    standing = Standing(Form.BUILD, reached=reached)
    assert allowed(lifecycle.check_step, standing, stage, on=day("2020-09-01"), roles={V, E, A}, today=TODAY)


@pytest.mark.parametrize("stage", SOFT)
def test_gaps_of_a_milestone_alone(stage):
    found = lifecycle.check_step(Standing(Form.BUILD), stage, on=day("2020-09-01"), roles={E}, today=TODAY)
    assert found == SOFT[stage]


def test_the_refusal_names_the_field_at_fault():
    def fault(stage, situation):
        standing, on = SITUATIONS[situation]
        with pytest.raises(StepRefused) as refused:
            lifecycle.check_step(standing, stage, on=on, roles={E}, today=TODAY)
        return refused.value.field

    assert [fault("trained", s) for s in ("tomorrow", "unborn", "closed")] == ["on"] * 3
    assert fault("declared", "<prom") == "on"
    assert fault("notified", "free") == "stage"
    assert fault("trained", "paused") is None


# Gaps of a whole rollout --------------------------------------------------------------------

FULL = {
    Stage.PROMULGATED: day("2020-09-01"),
    Stage.OPERATING: day("2020-09-02"),
    Stage.AUDITED: day("2020-10-20"),
    Stage.REVIEWED: day("2020-11-01"),
    Stage.CONFIRMED: day("2020-11-10"),
    Stage.DECLARED: day("2020-11-20"),
    Stage.NOTIFIED: day("2020-11-25"),
}


def without(*stages, **other):
    return {s: d for s, d in FULL.items() if s not in stages} | {Stage(s): day(d) for s, d in other.items()}


@pytest.mark.parametrize(
    ("form", "reached", "declared_before", "lacks_number", "expected"),
    [
        (Form.BUILD, FULL, False, False, []),
        (Form.EXTEND, FULL, True, False, []),
        (Form.EXTEND, FULL, False, False, []),
        (Form.E_ISO, FULL, True, False, []),
        (Form.CONVERT, FULL, True, False, []),
        (Form.CONVERT, FULL, False, False, [Gap.NO_EARLIER_DECLARATION]),
        (Form.BUILD, FULL, True, False, [Gap.DECLARED_BEFORE]),
        (Form.BUILD, FULL, False, True, [Gap.NO_NUMBER]),
        (Form.BUILD, without(Stage.AUDITED), False, False, [Gap.NO_AUDIT]),
        (Form.BUILD, without(Stage.REVIEWED), False, False, [Gap.NO_REVIEW]),
        (Form.BUILD, without(Stage.CONFIRMED), False, False, [Gap.NO_CONFIRMATION]),
        (Form.BUILD, without(Stage.PROMULGATED), False, False, [Gap.NO_PROMULGATION]),
        (Form.BUILD, without(Stage.NOTIFIED), False, False, [Gap.NOT_NOTIFIED]),
        (Form.BUILD, without(audited="2020-11-02"), False, False, [Gap.OUT_OF_ORDER]),
        (Form.BUILD, without(promulgated="2020-09-03"), False, False, [Gap.OUT_OF_ORDER]),
        (Form.BUILD, without(audited="2020-11-01"), False, False, []),
        # Also before anything is applied, and with stages between them that are not on record.
        (
            Form.BUILD,
            {Stage.STEERING: day("2020-07-10"), Stage.TRAINED: day("2020-07-09")},
            False,
            False,
            [Gap.OUT_OF_ORDER],
        ),
        (
            Form.BUILD,
            {Stage.STEERING: day("2020-07-10"), Stage.TRAINED: day("2020-07-10")},
            False,
            False,
            [],
        ),
        (Form.BUILD, FULL | {Stage.SURVEYED: day("2020-10-01")}, False, False, [Gap.OUT_OF_ORDER]),
        (Form.BUILD, {}, False, False, []),
        # A list with nothing but the declaration.
        (
            Form.CONVERT,
            {Stage.DECLARED: day("2020-11-20")},
            False,
            True,
            [
                Gap.NO_PROMULGATION,
                Gap.NO_AUDIT,
                Gap.NO_REVIEW,
                Gap.NO_CONFIRMATION,
                Gap.NO_EARLIER_DECLARATION,
                Gap.NO_NUMBER,
                Gap.NOT_NOTIFIED,
            ],
        ),
        # Nothing about the declaration is missing before there is one.
        (Form.CONVERT, {Stage.PROMULGATED: day("2020-09-01")}, False, True, []),
    ],
)
def test_gaps_of_a_rollout(form, reached, declared_before, lacks_number, expected):
    standing = Standing(form, reached=reached, declared_before=declared_before, lacks_number=lacks_number)
    assert lifecycle.gaps(standing) == expected


@pytest.mark.parametrize(
    ("stage", "on", "warns"),
    [
        ("surveyed", "2020-07-09", True),
        ("surveyed", "2020-07-10", False),
        ("surveyed", "2020-08-20", False),
        ("surveyed", "2020-08-21", True),
        ("planned", "2020-07-11", True),
        ("documented", "2020-08-19", True),
        ("documented", "2020-08-21", False),
    ],
)
def test_a_day_against_the_usual_order_warns_at_once(stage, on, warns):
    reached = {Stage.STEERING: day("2020-07-10"), Stage.TRAINED: day("2020-08-20")}
    standing = Standing(Form.BUILD, reached=reached)
    found = lifecycle.check_step(standing, stage, on=day(on), roles={E}, today=TODAY)
    assert found == ([Gap.OUT_OF_ORDER] if warns else [])


# Moves --------------------------------------------------------------------------------------

MOVES = """
#             active  paused  carried_over  cancelled  reorganised
active        no      yes     yes           yes        yes
paused        yes     no      yes           yes        yes
carried_over  no      no      no            no         no
cancelled     no      no      no            no         no
reorganised   no      no      no            no         no
"""
MOVERS = {"nobody": False, "viewer": False, "editor": False, "coordinator": True, "administrator": False}


@pytest.mark.parametrize("role", HOLDS)
@pytest.mark.parametrize("after", State.values)
@pytest.mark.parametrize("before", State.values)
def test_moves(before, after, role):
    expected = table(MOVES)[before, after] == "yes" and MOVERS[role]
    standing = Standing(Form.BUILD, State(before))
    assert allowed(lifecycle.check_move, standing, after, roles=HOLDS[role], reason="dịch") == expected
    assert (after in lifecycle.allowed_moves(standing, HOLDS[role])) == expected


def test_a_move_needs_a_reason():
    for reason in ("", "  "):
        assert not allowed(lifecycle.check_move, Standing(Form.BUILD), "paused", roles={C}, reason=reason)


@pytest.mark.parametrize("after", ["paused", "carried_over", "cancelled", "reorganised"])
def test_a_declared_rollout_does_not_move(after):
    standing = Standing(Form.BUILD, reached={D: day("2020-11-20")})
    assert not allowed(lifecycle.check_move, standing, after, roles={C}, reason="dịch")
    assert lifecycle.allowed_moves(standing, {C}) == []


# Reviews ------------------------------------------------------------------------------------

REVIEWS = """
#           unreviewed   accepted     returned
unreviewed  nobody       coordinator  coordinator
accepted    nobody       nobody       coordinator
returned    both         coordinator  nobody
"""
REVIEWERS = {"nobody": set(), "coordinator": {"coordinator"}, "both": {"editor", "coordinator"}}


@pytest.mark.parametrize("role", HOLDS)
@pytest.mark.parametrize("after", Acceptance.values)
@pytest.mark.parametrize("before", Acceptance.values)
def test_reviews(before, after, role):
    expected = role in REVIEWERS[table(REVIEWS)[before, after]]
    assert allowed(lifecycle.check_review, before, after, roles=HOLDS[role], note="thiếu số") == expected


def test_returning_needs_a_note_and_accepting_none():
    assert not allowed(lifecycle.check_review, "unreviewed", "returned", roles={C}, note=" ")
    assert allowed(lifecycle.check_review, "unreviewed", "accepted", roles={C})


# Taking back --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", HOLDS)
@pytest.mark.parametrize("stage", Stage.values)
def test_withdrawal(stage, role):
    standing = Standing(Form.BUILD, reached={s: day("2020-09-01") for s in Stage})
    expected = MAY[stage, role] == "yes" and stage != "declared"
    assert allowed(lifecycle.check_withdrawal, standing, stage, roles=HOLDS[role]) == expected


def test_declared_goes_once_notified_is_gone():
    standing = Standing(Form.BUILD, reached={D: day("2020-09-01")})
    assert allowed(lifecycle.check_withdrawal, standing, D, roles={E})


# Proposals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        ([], "planned"),
        (["planned"], "steering"),
        # What was passed over is not proposed again: the furthest decides.
        (["promulgated"], "operating"),
        (["planned", "audited"], "reviewed"),
        (["declared"], "notified"),
        (["notified"], None),
        (Stage.values, None),
    ],
)
def test_next_stage(reached, expected):
    assert lifecycle.next_stage(reached) == expected


def test_allowed_stages():
    everything = [s for s in Stage.values if s != "notified"]
    assert lifecycle.allowed_stages(Standing(Form.BUILD), {E}) == everything
    assert lifecycle.allowed_stages(Standing(Form.BUILD), {V, A}) == []
    assert lifecycle.allowed_stages(Standing(Form.BUILD), set()) == []
    declared = Standing(Form.BUILD, reached={D: day("2020-11-20"), P: day("2020-09-01")})
    assert lifecycle.allowed_stages(declared, {C}) == [
        s for s in Stage.values if s not in ("declared", "promulgated")
    ]
    for state in ("paused", "carried_over", "cancelled", "reorganised"):
        assert lifecycle.allowed_stages(Standing(Form.BUILD, State(state)), {E, C}) == []


@pytest.mark.parametrize("situation", ["free", "paused", "=decl"])
@pytest.mark.parametrize("stage", Stage.values)
def test_a_button_is_shown_exactly_where_the_door_opens(stage, situation):
    standing, on = SITUATIONS[situation]
    if stage in standing.reached:
        return
    shown = stage in lifecycle.allowed_stages(standing, {E})
    assert shown == allowed(lifecycle.check_step, standing, stage, on=on, roles={E}, today=TODAY)


# The words around the table -----------------------------------------------------------------


def test_stages_stand_in_their_usual_order():
    assert Stage.values == [
        "planned",
        "steering",
        "surveyed",
        "trained",
        "documented",
        "promulgated",
        "operating",
        "audited",
        "reviewed",
        "confirmed",
        "declared",
        "notified",
    ]
    assert [stage.rank for stage in Stage] == list(range(1, 13))


def test_phases():
    assert [(stage.value, stage.phase.value) for stage in Stage] == [
        ("planned", "1"),
        ("steering", "1"),
        ("surveyed", "2"),
        ("trained", "2"),
        ("documented", "2"),
        ("promulgated", "3"),
        ("operating", "3"),
        ("audited", "4"),
        ("reviewed", "4"),
        ("confirmed", "4"),
        ("declared", "5"),
        ("notified", "5"),
    ]


def test_the_diagram_shows_every_milestone_and_move():
    drawn = lifecycle.diagram()
    assert "confirmed --> declared" in drawn
    assert "note right of declared: not before promulgated" in drawn
    assert "note right of notified: not before declared" in drawn
    assert "paused --> active" in drawn
    assert "cancelled --> active" not in drawn
