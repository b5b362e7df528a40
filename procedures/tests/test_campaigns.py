"""Conversion campaigns: their rules, their waves, their undertakings, undo; a second one beside the first is data only."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import Agency, Change, Kind, Level, Role
from agencies.testing import day, make_province, make_user
from procedures.bulk import ACTS, engine
from procedures.lifecycle import Form, Stage, State
from procedures.models import BulkEdit, Campaign, Declaration, Rollout, Standard, Work
from procedures.testing import (
    declare,
    make_campaign,
    make_plan,
    make_rollout,
    make_wave,
    reach,
    standard,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    """Four units on :2008 since 2015, one on :2015, the others never declared."""
    province = make_province()
    for agency in (province.home, province.science, province.van_lam, province.lac_dao):
        declare(agency, on="2015-03-02", year=2008)
    declare(province.khoai_chau, on="2019-03-02", year=2015)
    return province


@pytest.fixture
def plan(province):
    return make_plan(province.committee)


@pytest.fixture
def coordinator(province):
    return make_user(Role.COORDINATOR, province.committee)


@pytest.fixture
def campaign(plan):
    return make_campaign(plan)


def codes(units):
    return {unit.code for unit in units}


def begun(wave, person, on="08/06/2020"):
    edit = BulkEdit.objects.begin(
        person, subject="waves", act="assign_wave", query=f"campaign={wave.campaign_id}&wave={wave.pk}"
    )
    edit.typed = {"wave": wave.pk, "on": on}
    edit.save()
    return edit


def values_of(edit, person):
    act = ACTS[edit.subject, edit.act]
    form = act.form_class(edit.typed, person=person)
    assert form.is_valid(), form.errors
    return act, form.cleaned_data


def look(wave, person, **more):
    edit = begun(wave, person, **more)
    act, values = values_of(edit, person)
    return engine.look(edit, act, values, user=person)


def assign(wave, person, **more):
    edit = begun(wave, person)
    act, values = values_of(edit, person)
    shown = engine.look(edit, act, values, user=person).digest
    return engine.apply(
        edit, act, values, user=person, shown=shown, reason="QĐ 1", leave_out=more.get("leave_out", True)
    )


# Who is eligible


def test_units_on_the_source_standard_are_eligible(campaign, province):
    assert codes(campaign.eligible()) == {
        province.home.code,
        province.science.code,
        province.van_lam.code,
        province.lac_dao.code,
    }


def test_levels_kinds_and_territory_narrow_who_is_eligible(plan, province):
    assert codes(make_campaign(plan, levels="district,commune").eligible()) == {
        province.van_lam.code,
        province.lac_dao.code,
    }
    assert codes(make_campaign(plan, kinds=Kind.COMMUNE_COMMITTEE).eligible()) == {province.lac_dao.code}
    assert codes(make_campaign(plan, territory=province.van_lam).eligible()) == {
        province.van_lam.code,
        province.lac_dao.code,
    }


def test_the_declaration_of_the_day_decides_not_a_later_one(plan, province):
    declare(province.home, on="2020-07-01", year=2015)
    assert province.home.code in codes(make_campaign(plan).eligible())
    late = make_campaign(plan, eligible_on=day("2020-07-01"))
    assert province.home.code not in codes(late.eligible())


def test_other_work_leaves_a_unit_out_or_is_asked_for(plan, province):
    make_rollout(plan, province.home, form=Form.E_ISO)
    without, having = make_campaign(plan, work=Work.WITHOUT), make_campaign(plan, work=Work.WITH)
    assert province.home.code not in codes(without.eligible())
    assert codes(having.eligible()) == {province.home.code}


def test_a_unit_covered_by_another_system_is_not_eligible(campaign, province):
    assert province.office.code not in codes(campaign.eligible())


# Rules of the doors


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"due_on": day("2020-01-01")}, "due_on"),
        ({"due_on": day("2025-01-01")}, "due_on"),
        ({"name": "Đợt chuyển đổi"}, "name"),
    ],
)
def test_a_rule_refuses_and_names_the_field(campaign, plan, values, field):
    with pytest.raises(Refused) as refused:
        make_campaign(plan, **{"name": "Đợt khác"} | values)
    assert refused.value.field == field
    assert Campaign.objects.count() == 1


def test_the_target_is_another_and_no_older_standard(plan):
    for source, target in ((2015, 2015), (2015, 2008)):
        with pytest.raises(Refused) as refused:
            make_campaign(plan, source=standard(source), target=standard(target))
        assert refused.value.field == "target"


def test_a_territory_outside_the_plan_is_refused(province):
    plan = make_plan(province.van_lam)
    with pytest.raises(Refused) as refused:
        make_campaign(plan, territory=province.khoai_chau)
    assert refused.value.field == "territory"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.COORDINATOR, True), (Role.ADMINISTRATOR, True), (Role.EDITOR, False), (Role.VIEWER, False)],
)
def test_only_who_keeps_the_plan_starts_a_campaign(plan, province, role, allowed):
    person = make_user(role, province.committee)
    if allowed:
        assert make_campaign(plan, by=person).pk
    else:
        with pytest.raises(Refused):
            make_campaign(plan, by=person)
        assert not Campaign.objects.exists()


def test_a_keeper_of_a_district_is_none_of_the_provinces_plan(campaign, province):
    person = make_user(Role.COORDINATOR, province.van_lam)
    with pytest.raises(Refused):
        campaign.revise(by=person, seen=campaign.version, name="Khác")
    with pytest.raises(Refused):
        make_wave(campaign, by=person)


def test_two_who_revise_see_each_other(campaign, coordinator):
    campaign.revise(by=coordinator, seen=1, name="Một")
    with pytest.raises(ChangedMeanwhile) as other:
        campaign.revise(by=coordinator, seen=1, name="Hai")
    assert other.value.theirs.name == "Một"


def test_a_wave_lies_within_its_campaign(campaign):
    for values, field in (
        ({"due_on": day("2022-01-31")}, "due_on"),
        ({"starts_on": day("2021-01-01"), "due_on": day("2020-12-31")}, "due_on"),
        ({"starts_on": day("2019-01-01")}, "starts_on"),
    ):
        with pytest.raises(Refused) as refused:
            make_wave(campaign, **values)
        assert refused.value.field == field


def test_the_number_of_a_wave_is_given_once(campaign):
    make_wave(campaign)
    with pytest.raises(Refused):
        make_wave(campaign)
    second = make_wave(campaign, number=2)
    with pytest.raises(Refused):
        second.revise(by=None, seen=second.version, number=1)


def test_the_deadline_does_not_fall_before_a_wave(campaign):
    make_wave(campaign, due_on=day("2020-12-31"))
    with pytest.raises(Refused) as refused:
        campaign.revise(by=None, seen=campaign.version, due_on=day("2020-12-30"))
    assert refused.value.field == "due_on"


def test_the_standards_stay_once_units_are_assigned(campaign, coordinator):
    assign(make_wave(campaign), coordinator)
    newer = Standard.objects.create(code="TCVN ISO 9001:2026", short=":2026", published_on=day("2026-09-30"))
    with pytest.raises(Refused) as refused:
        campaign.revise(by=None, seen=campaign.version, target=newer)
    assert refused.value.field == "target"


# The units of a wave


def test_a_wave_gives_its_units_their_undertaking(campaign, coordinator, province):
    wave = make_wave(campaign)
    change_set = assign(wave, coordinator)
    made = Rollout.objects.filter(wave=wave)
    assert codes(r.agency for r in made.select_related("agency")) == codes(campaign.eligible())
    assert set(made.values_list("form", "year", "due_on", "target_standard", "assigned_on", "plan")) == {
        (Form.CONVERT, 2020, wave.due_on, standard(2015).pk, day("2020-06-08"), campaign.plan_id)
    }
    assert change_set.changes.count() == 4


def test_a_wave_takes_its_own_part_of_the_units(campaign, coordinator, province):
    one = make_wave(campaign, levels="province")
    two = make_wave(campaign, number=2, chosen=[province.lac_dao.pk, province.binh_minh.pk])
    assert codes(one.units()) == {province.home.code, province.science.code}
    assert codes(two.units()) == {province.lac_dao.code}, "a chosen unit is eligible too"


def test_assigning_again_changes_nothing(campaign, coordinator):
    wave = make_wave(campaign)
    assign(wave, coordinator)
    found = look(wave, coordinator)
    assert found.counts == {"will": 0, "same": 4, "refused": 0}
    with pytest.raises(Refused):
        assign(wave, coordinator)
    assert Rollout.objects.count() == 4


def test_a_second_click_on_the_same_confirmation_does_nothing_twice(campaign, coordinator):
    edit = begun(make_wave(campaign), coordinator)
    act, values = values_of(edit, coordinator)
    asked = {
        "shown": engine.look(edit, act, values, user=coordinator).digest,
        "reason": "QĐ 1",
        "leave_out": True,
    }
    engine.apply(edit, act, values, user=coordinator, **asked)
    with pytest.raises(engine.AlreadyDone):
        engine.apply(edit, act, values, user=coordinator, **asked)
    assert Rollout.objects.count() == 4


def test_a_later_wave_leaves_those_of_an_earlier_one(campaign, coordinator, province):
    assign(make_wave(campaign, levels="province"), coordinator)
    rest = make_wave(campaign, number=2, due_on=day("2021-12-31"))
    assert look(rest, coordinator).counts == {"will": 2, "same": 2, "refused": 0}
    assign(rest, coordinator)
    assert Rollout.objects.filter(year=2021).count() == 2


def test_an_undertaking_of_the_plan_joins_the_wave(campaign, plan, coordinator, province):
    """Lists often come before the campaign is entered."""
    convert = make_rollout(plan, province.home, form=Form.CONVERT, due_on=day("2020-09-30"))
    electronic = make_rollout(plan, province.science, form=Form.E_ISO, target_standard=standard(2015))
    wave = make_wave(campaign)
    assign(wave, coordinator)
    for rollout in (convert, electronic):
        before = rollout.version
        rollout.refresh_from_db()
        assert (rollout.wave, rollout.target_standard) == (wave, standard(2015))
        assert rollout.version == before + 1
    assert convert.due_on == day("2020-09-30"), "its own due day stays"
    assert Rollout.objects.count() == 4


def test_what_cannot_be_assigned_is_named_with_its_reason(campaign, coordinator, province):
    other = make_plan(province.committee)
    make_rollout(other, province.home, form=Form.CONVERT)
    declare(province.science, on="2020-07-01", year=2015)
    province.lac_dao.close(by=None, on=day("2020-06-10"), seen=province.lac_dao.version)
    found = look(make_wave(campaign), coordinator, on="15/06/2020")
    assert found.counts == {"will": 1, "same": 0, "refused": 3}
    reasons = {line.agency.code: line.why for line in found.of("refused")}
    assert other.name in reasons[province.home.code]
    assert "2015" in reasons[province.science.code]
    assert reasons[province.lac_dao.code]
    with pytest.raises(Refused):
        assign(make_wave(campaign, number=2), coordinator, leave_out=False)
    assert not Rollout.objects.filter(wave__isnull=False).exists()


def test_what_was_cancelled_is_not_given_again(campaign, coordinator, province):
    wave = make_wave(campaign)
    assign(wave, coordinator)
    rollout = Rollout.objects.get(agency=province.home)
    rollout.move(
        State.CANCELLED, by=coordinator, seen=rollout.version, reason="Sáp nhập", on=day("2020-07-01")
    )
    assert look(wave, coordinator).counts == {"will": 0, "same": 3, "refused": 1}


def test_an_undertaking_carried_over_goes_on_in_the_wave_of_its_new_due_day(campaign, coordinator, province):
    one = make_wave(campaign)
    two = make_wave(campaign, number=2, starts_on=day("2021-01-01"), due_on=day("2021-12-31"))
    assign(one, coordinator)
    rollout = Rollout.objects.get(agency=province.home)
    asked = {"by": coordinator, "reason": "Chậm", "year": 2021, "on": day("2020-12-28")}
    heir = rollout.move(State.CARRIED_OVER, seen=rollout.version, due_on=day("2021-09-30"), **asked)
    assert (rollout.wave, heir.wave) == (one, two)


def test_many_carried_over_go_on_in_the_wave_of_their_new_due_day(campaign, coordinator):
    one, two = make_wave(campaign), make_wave(campaign, number=2, due_on=day("2021-12-31"))
    assign(one, coordinator)
    edit = BulkEdit.objects.begin(
        coordinator, subject="rollouts", act="move", query=f"plan={campaign.plan.code}"
    )
    edit.typed = {"state": "carried_over", "on": "28/12/2020", "year": "2021", "due_on": "30/06/2021"}
    act, values = values_of(edit, coordinator)
    shown = engine.look(edit, act, values, user=coordinator).digest
    engine.apply(edit, act, values, user=coordinator, shown=shown, reason="Chậm", leave_out=True)
    assert set(Rollout.objects.filter(year=2021).values_list("wave", flat=True)) == {two.pk}


# Undo


def test_undo_takes_a_wave_back_as_a_whole(campaign, coordinator, plan, province):
    joined = make_rollout(plan, province.home, form=Form.CONVERT)
    change_set = assign(make_wave(campaign), coordinator)
    result = undo(change_set, by=coordinator)
    assert (len(result.restored), result.kept, result.impossible) == (4, [], [])
    joined.refresh_from_db()
    assert (joined.wave, joined.target_standard) == (None, None)
    assert Rollout.objects.count() == 1


def test_undo_keeps_the_units_that_have_worked_since(campaign, coordinator, province):
    change_set = assign(make_wave(campaign), coordinator)
    rollout = Rollout.objects.get(agency=province.home)
    reach(rollout, Stage.PLANNED, by=coordinator)
    result = undo(change_set, by=coordinator)
    assert len(result.restored) == 3
    assert Rollout.objects.get() == rollout


def test_undo_of_a_campaign_waits_for_its_waves(campaign, coordinator):
    made = Change.objects.of(campaign).get().change_set
    wave = make_wave(campaign)
    assert undo(made, by=coordinator).impossible
    undo(Change.objects.of(wave).get().change_set, by=coordinator)
    assert undo(made, by=coordinator).restored
    assert not Campaign.objects.exists()


def test_every_change_of_a_campaign_is_on_record(campaign, coordinator):
    campaign.revise(by=coordinator, seen=campaign.version, name="Đợt một", reason="Tên gọi")
    line = Change.objects.of(campaign).first()
    assert (line.before["name"], line.after["name"]) == ("Đợt chuyển đổi", "Đợt một")
    assert line.change_set.made_by == coordinator
    undo(line.change_set, by=coordinator)
    campaign.refresh_from_db()
    assert campaign.name == "Đợt chuyển đổi"


# A second campaign, data only


def test_a_second_campaign_runs_beside_the_first_without_code(campaign, coordinator, province):
    assign(make_wave(campaign, levels="province"), coordinator)
    newer = Standard.objects.create(code="TCVN ISO 9001:2026", short=":2026", published_on=day("2020-06-30"))
    other = make_plan(province.committee, name="Kế hoạch chuyển đổi 2026")
    second = make_campaign(
        other, name="Đợt 2026", source=standard(2015), target=newer, eligible_on=day("2020-07-01")
    )
    assert codes(second.eligible()) == {province.khoai_chau.code}
    assign(make_wave(second, starts_on=day("2020-07-01")), coordinator)
    assert set(Rollout.objects.values_list("wave__campaign__name", "target_standard__short")) == {
        ("Đợt chuyển đổi", ":2015"),
        ("Đợt 2026", ":2026"),
    }
    # A unit that finished the first is open for the second; one that has not is named.
    rollout = Rollout.objects.get(agency=province.home)
    declare(province.home, on="2020-08-01", by=coordinator, rollout=rollout)
    declare(province.science, on="2020-07-02", year=2015, by=coordinator)
    second = second.revise(by=None, seen=second.version, eligible_on=day("2020-08-01"))
    found = look(make_wave(second, number=2, starts_on=day("2020-08-01")), coordinator)
    outcomes = {line.agency.code: line.outcome for line in found.lines}
    assert outcomes[province.home.code] == "will"
    assert outcomes[province.science.code] == "refused", "its first undertaking is still open"


# Many


def test_two_thousand_units_are_assigned_in_a_bounded_number_of_statements(coordinator, plan, province):
    made = []
    for number in range(2_000):
        parent = province.van_lam if number % 2 else province.khoai_chau
        made.append(
            Agency(
                name=f"UBND xã {number}", code=f"X{number:05d}", kind=Kind.COMMUNE_COMMITTEE,
                level=Level.COMMUNE, parent=parent,
            )
        )  # fmt: skip
    made = Agency.objects.establish_many(made, change_set=None)
    Declaration.objects.bulk_create(
        Declaration(
            agency=a, standard=standard(2008), declared_on=day("2015-05-01"), number="1", lacks_evidence=False
        )
        for a in made
    )
    wave = make_wave(make_campaign(plan, levels="commune"), chosen=[])
    with CaptureQueriesContext(
        connection,
    ) as few:
        assign(make_wave(wave.campaign, number=2, chosen=[a.pk for a in made[:20]]), coordinator)
    with CaptureQueriesContext(connection) as many:
        assign(wave, coordinator)
    assert Rollout.objects.filter(wave__campaign=wave.campaign).count() == 2_001
    # Rows go out in batches: the number of statements grows with them, not with the units.
    assert len(many) <= len(few) + 40, (len(few), len(many))
