"""Agencies: entering, revising, closing, and what every route refuses."""

import unicodedata
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set
from agencies.models import Agency, Change, Kind, Level, PastIdentity, Role, Succession
from agencies.models.revisions import revise_many
from agencies.testing import day, make_agency, make_province, make_user, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def revise(agency, **values):
    return agency.revise(by=None, seen=Agency.objects.get(pk=agency.pk).version, **values)


def close(agency, on, **values):
    return agency.close(by=None, seen=Agency.objects.get(pk=agency.pk).version, on=day(on), **values)


def refused(function, *args, field=None, **kwargs):
    """The sentence with which a door refuses, and that it wrote nothing."""
    before = (
        list(Agency.objects.order_by("pk").values()),
        Change.objects.count(),
        PastIdentity.objects.count(),
    )
    with pytest.raises(Refused) as caught:
        function(*args, **kwargs)
    assert before == (
        list(Agency.objects.order_by("pk").values()),
        Change.objects.count(),
        PastIdentity.objects.count(),
    )
    assert caught.value.field == field
    return str(caught.value)


def names(rows):
    return [a.name for a in rows]


# Entering


def test_entering_writes_the_agency_with_its_path_and_one_line_of_history(province):
    user = make_user(Role.ADMINISTRATOR, province.committee)
    agency = make_agency("UBND xã Tân Quang", province.van_lam, by=user, on=day("2020-01-01"))
    stored = Agency.objects.get(pk=agency.pk)
    assert stored.path == f"{province.van_lam.path}{agency.pk:08d}"
    change = Change.objects.of(agency).get()
    assert (change.before, change.after["name"], change.change_set.made_by) == (None, stored.name, user)
    assert change.agency_id == agency.pk


def test_names_are_kept_composed():
    name = "UBND xã Lạc Đạo"
    agency = make_agency(unicodedata.normalize("NFD", name))
    assert Agency.objects.get(pk=agency.pk).name == name
    revised = revise(agency, name=unicodedata.normalize("NFD", "UBND xã Lạc Hồng"))
    assert revised.name == Agency.objects.get(pk=agency.pk).name == "UBND xã Lạc Hồng"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "H31.20.1"}, "code"),
        ({"level": Level.PROVINCE}, "level"),
        ({"kind": Kind.DEPARTMENT, "level": Level.PROVINCE}, "parent"),
    ],
)
def test_entering_refuses(province, values, field):
    values = {"kind": Kind.COMMUNE_COMMITTEE, "level": Level.COMMUNE} | values
    refused(Agency.objects.establish, by=None, name="x", parent=province.van_lam, **values, field=field)


def test_entering_below_a_closed_agency_is_refused(province):
    close(province.lac_dao, "2020-01-01")
    sentence = refused(make_agency, "Trạm", province.lac_dao, Kind.PUBLIC_SERVICE_UNIT, field="parent")
    assert "UBND xã Lạc Đạo" in sentence


def test_a_code_taken_outside_the_persons_reach_is_refused_without_the_name(province):
    """Error messages obey the same scope as the pages."""
    user = make_user(Role.ADMINISTRATOR, province.khoai_chau)
    own = {"parent": province.khoai_chau, "kind": Kind.COMMUNE_COMMITTEE, "level": Level.COMMUNE}
    sentence = refused(Agency.objects.establish, by=user, name="x", code="H31.20.1", **own, field="code")
    assert "Lạc Đạo" not in sentence
    sentence = refused(
        Agency.objects.establish, by=user, name="x", code=province.dong_tao.code, **own, field="code"
    )
    assert "Đông Tảo" in sentence


def test_many_are_entered_with_parents_before_their_children(province):
    district = Agency(
        name="UBND huyện Ân Thi", code="a", kind=Kind.DISTRICT_COMMITTEE, level=Level.DISTRICT,
        parent=province.committee,
    )  # fmt: skip
    commune = Agency(
        name="UBND xã Bãi Sậy", code="b", kind=Kind.COMMUNE_COMMITTEE, level=Level.COMMUNE, parent=district
    )
    Agency.objects.establish_many(
        [district, commune], change_set=open_change_set("x", by=None), cells=["A!B2", "A!B3"]
    )
    assert Agency.objects.get(pk=commune.pk).path == f"{district.path}{commune.pk:08d}"
    assert Change.objects.of(commune).get().cell == "A!B3"


def test_saving_keeps_path_and_keys(province):
    agency = Agency.objects.get(pk=province.home.pk)
    agency.name, agency.path = "Sở Tài chính", "99"
    agency.save()
    stored = Agency.objects.matching("so tai chinh").get()
    assert stored.path == province.home.path


# Revising


def test_a_revision_keeps_the_identity_that_ended(province):
    before = province.lac_dao.name
    revised = revise(province.lac_dao, on=day("2020-03-01"), name="UBND thị trấn Lạc Đạo", code="H31.99")
    assert (revised.name, revised.version) == ("UBND thị trấn Lạc Đạo", 2)
    past = PastIdentity.objects.get(agency=revised)
    assert (past.name, past.code, past.from_on, past.until) == (before, "H31.20.1", None, day("2020-03-01"))


def test_a_correction_keeps_no_past(province):
    revised = revise(province.lac_dao, name="UBND thị trấn Lạc Đạo")
    assert not PastIdentity.objects.exists()
    change = Change.objects.of(revised).first()
    assert (change.before, change.after) == ({"name": "UBND xã Lạc Đạo"}, {"name": "UBND thị trấn Lạc Đạo"})


def test_a_revision_of_the_note_alone_is_no_new_identity(province):
    revised = revise(province.lac_dao, on=day("2020-03-01"), note="đã rà soát")
    assert revised.note == "đã rà soát"
    assert not PastIdentity.objects.exists()


def test_many_revisions_of_the_note_alone_are_no_new_identities(province):
    change_set = open_change_set("x", by=None)
    rows = list(Agency.objects.filter(pk__in=[province.lac_dao.pk, province.lac_hong.pk]).order_by("pk"))
    revise_many(
        [(rows[0], {"note": "x"}), (rows[1], {"name": "Hai"})], on=day("2020-03-01"), change_set=change_set
    )
    assert [p.agency_id for p in PastIdentity.objects.all()] == [province.lac_hong.pk]


def test_a_revision_that_changes_nothing_writes_nothing(province):
    before = Change.objects.count()
    revised = revise(province.lac_dao, on=day("2020-03-01"), name=province.lac_dao.name)
    assert (revised.version, Change.objects.count(), PastIdentity.objects.count()) == (1, before, 0)


def test_a_second_revision_of_the_same_day_puts_the_first_right(province):
    revise(province.lac_dao, on=day("2020-03-01"), name="Một")
    revise(province.lac_dao, on=day("2020-03-01"), name="Hai")
    assert [p.name for p in PastIdentity.objects.all()] == ["UBND xã Lạc Đạo"]
    assert Agency.objects.as_of(day("2020-03-01")).get(pk=province.lac_dao.pk).name == "Hai"


def test_a_revision_before_the_last_one_is_refused(province):
    revise(province.lac_dao, on=day("2020-03-01"), name="Một")
    refused(revise, province.lac_dao, on=day("2020-02-29"), name="Hai", field="on")


def test_a_revision_outside_the_agencys_life_is_refused(province):
    agency = make_agency("x", province.van_lam, on=day("2020-01-01"))
    refused(revise, agency, on=day("2019-12-31"), name="y", field="on")
    close(agency, "2021-01-01")
    refused(revise, agency, on=day("2021-01-01"), name="y", field="on")
    tomorrow = day("2999-01-01")
    refused(revise, province.lac_dao, on=tomorrow, name="y", field="on")


def test_a_revision_on_the_first_day_puts_the_entry_right(province):
    agency = make_agency("x", province.van_lam, on=day("2020-01-01"))
    revise(agency, on=day("2020-01-01"), name="y")
    assert not PastIdentity.objects.exists()
    assert names(Agency.objects.as_of(day("2020-01-01")).filter(pk=agency.pk)) == ["y"]


def test_a_stale_revision_is_refused_with_who_was_first(province):
    user = make_user(Role.ADMINISTRATOR, province.committee)
    province.lac_dao.revise(by=user, seen=1, name="Một")
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        province.lac_dao.revise(by=None, seen=1, name="Hai")
    assert meanwhile.value.theirs.name == "Một"
    assert meanwhile.value.change.change_set.made_by == user
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "Một"


def test_circles_are_refused(province):
    parent = make_agency("Chi cục", province.home, Kind.SUB_DEPARTMENT)
    for below in (province.home, parent):
        refused(revise, province.home, parent=below, field="parent")


def test_levels_upside_down_are_refused(province):
    refused(revise, province.home, parent=province.van_lam, field="parent")
    department = make_agency("Phòng", province.van_lam, Kind.DEPARTMENT)
    make_agency("Tổ", department, Kind.PUBLIC_SERVICE_UNIT)
    refused(revise, department, level=Level.COMMUNE, field="level")
    refused(revise, province.van_lam, level=Level.COMMUNE, field="level")


def test_a_tree_of_more_than_eight_steps_is_refused(province):
    """The path would not fit; only PostgreSQL would say so, or cut it off."""
    chain = [province.home]
    for n in range(6):
        chain.append(make_agency(f"Phòng {n}", chain[-1], Kind.DEPARTMENT))
    refused(make_agency, "Phòng 7", chain[-1], Kind.DEPARTMENT, field="parent")
    assert "8" in refused(revise, province.home, parent=province.science, field="parent")
    revise(chain[-1], parent=province.home)
    revise(province.home, parent=province.science)
    assert max(len(a.path) for a in Agency.objects.all()) == 64


def test_a_parent_read_before_it_moved_is_read_again(province):
    """The caller's copy of the parent may be old; the tree is the stored one."""
    centre = make_agency("Trung tâm", province.home, Kind.PUBLIC_SERVICE_UNIT)
    old_home = Agency.objects.get(pk=province.home.pk)
    revise(province.home, parent=province.science)
    moved = revise(centre, parent=old_home, note="x")
    child = make_agency("Trạm", old_home, Kind.PUBLIC_SERVICE_UNIT)
    home = Agency.objects.get(pk=province.home.pk)
    assert [moved.path, child.path] == [f"{home.path}{moved.pk:08d}", f"{home.path}{child.pk:08d}"]


def test_a_circle_through_an_old_copy_of_the_parent_is_refused(province):
    old_home = Agency.objects.get(pk=province.home.pk)
    revise(province.home, parent=province.science)
    refused(revise, province.science, parent=old_home, field="parent")


def test_covering_runs_over_one_step_only(province):
    refused(revise, province.home, covered_by=province.office, field="covered_by")
    refused(revise, province.home, covered_by=province.home, field="covered_by")
    # The committee covers the office: it cannot be covered itself.
    refused(revise, province.committee, covered_by=province.home, field="covered_by")


def test_a_closed_agency_covers_none(province):
    close(province.home, "2020-01-01")
    refused(revise, province.science, covered_by=province.home, field="covered_by")


def test_the_admins_form_obeys_the_same_rules(province):
    agency = Agency.objects.get(pk=province.home.pk)
    agency.parent = province.van_lam
    with pytest.raises(ValidationError) as caught:
        agency.clean()
    assert "parent" in caught.value.message_dict
    agency.parent, agency.code = province.committee, province.lac_dao.code
    with pytest.raises(ValidationError) as caught:
        agency.clean()
    assert "code" in caught.value.message_dict


# Closing


def test_closing_names_the_successors_and_frees_the_code(province):
    closed = close(
        province.lac_hong, "2021-01-01",
        successor=[(province.lac_dao, "whole"), (province.chi_dao, "part")], decision="1/NQ-UBTVQH14",
    )  # fmt: skip
    assert closed.dissolved_on == day("2021-01-01")
    assert [(s.successor_id, s.extent) for s in Succession.objects.order_by("id")] == [
        (province.lac_dao.pk, "whole"),
        (province.chi_dao.pk, "part"),
    ]
    assert make_agency("UBND xã Mới", province.van_lam, code=closed.code).code == closed.code
    assert Change.objects.filter(agency=closed).values("change_set").distinct().count() == 2


def test_closing_refuses(province):
    close(province.chi_dao, "2021-01-01")
    refused(close, province.chi_dao, "2021-02-01", field="on")
    refused(close, province.van_lam, "2021-01-01")
    refused(close, province.lac_dao, "2021-01-01", successor=province.lac_dao, field="successor")
    refused(close, province.lac_dao, "2021-01-01", successor=province.chi_dao, field="successor")
    young = make_agency("x", province.van_lam, on=day("2021-01-01"))
    refused(close, young, "2021-01-01", field="on")


def test_closing_before_an_agency_below_closed_is_refused(province):
    """Otherwise the one below would stand without its parent in between."""
    for commune in (province.dong_tao, province.binh_minh):
        close(commune, "2021-06-01")
    refused(close, province.khoai_chau, "2021-01-01")
    close(province.khoai_chau, "2021-06-01")


def test_closing_before_an_agency_below_moved_away_is_refused(province):
    close(province.binh_minh, "2020-12-01")
    revise(province.dong_tao, on=day("2021-06-01"), parent=province.van_lam)
    refused(close, province.khoai_chau, "2021-01-01")
    close(province.khoai_chau, "2021-06-01")


def test_closing_before_a_change_of_its_own_is_refused(province):
    """Otherwise it would have got its name, or its place, when it existed no more."""
    revise(province.lac_dao, on=day("2021-06-01"), name="UBND xã Mới")
    refused(close, province.lac_dao, "2021-05-01", field="on")
    refused(close, province.lac_dao, "2021-06-01", field="on")
    close(province.lac_dao, "2021-06-02")


def test_closing_over_a_void_entry_below(province):
    agency = make_agency("x", province.khoai_chau, on=day("2021-06-01"))
    Agency.void_many([agency])
    for commune in (province.dong_tao, province.binh_minh):
        close(commune, "2021-01-01")
    close(province.khoai_chau, "2021-01-01")


def test_a_stale_close_is_refused(province):
    revise(province.lac_dao, name="Một")
    with pytest.raises(ChangedMeanwhile):
        province.lac_dao.close(by=None, seen=1, on=day("2020-01-01"))


def test_agencies_are_not_deleted_by_any_door(province):
    refused(province.lac_dao.delete)
    refused(Agency.objects.all().delete)
    refused(Agency.objects.filter(pk=province.lac_dao.pk).delete)
    refused(province.van_lam.children.all().delete)
    refused(Agency.objects.within(province.van_lam).delete)


def test_an_agency_of_a_past_day_cannot_be_saved(province):
    agency = Agency.objects.as_of(day("2020-01-01")).first()
    with pytest.raises(ValueError, match="past day"):
        agency.save()


# Search and order


@pytest.mark.parametrize(
    "text", ["lac dao", "LẠC ĐẠO", "Lac Dao", "  đạo   lạc ", "ubnd xã lạc đạo", "lạc đao"]
)
def test_search_without_accents_tone_marks_or_case(province, text):
    assert names(Agency.objects.matching(text)) == ["UBND xã Lạc Đạo"]


def test_search_reads_decomposed_text_and_finds_nothing_for_wildcards(province):
    assert names(Agency.objects.matching(unicodedata.normalize("NFD", "Lạc Đạo"))) == ["UBND xã Lạc Đạo"]
    assert not Agency.objects.matching("zz%").exists()
    assert province.lac_dao in Agency.objects.matching("H31.20.1")
    assert Agency.objects.matching("").count() == len(province.all)


def test_vietnamese_order():
    wanted = ["An Viên", "Ân Thi", "Bãi Sậy", "Cẩm Xá", "Chỉ Đạo", "Dân Tiến", "Đa Lộc", "Đại Hưng", "Êm",
              "Lạc Đạo", "Lạc Hồng", "Liên Khê", "Nghĩa Trụ", "Ngọc Lâm", "Phạm Ngũ Lão", "Phan Sào Nam", "Tân Dân",
              "Thiện Phiến", "Ưng"]  # fmt: skip
    for name in reversed(wanted):
        make_agency(name)
    assert names(Agency.objects.all()) == wanted


def test_units_are_the_agencies_with_a_system_of_their_own(province):
    assert set(Agency.objects.units()) == set(province.all) - {province.office}
    assert not Agency.objects.get(pk=province.office.pk).is_unit


def test_obliged_agencies(province):
    assert province.home.is_obliged
    assert not province.lac_dao.is_obliged


def test_coordinates_come_back_as_they_went_in(province):
    agency = make_agency("x", province.van_lam, latitude=Decimal("20.9"), longitude="106.051")
    assert Change.objects.of(agency).get().after["latitude"] == "20.900000"
    revise(agency, latitude=Decimal("20.900000"))
    assert Change.objects.of(agency).count() == 1


def test_today_is_the_day_in_hanoi(settings, monkeypatch):
    assert settings.TIME_ZONE == "Asia/Ho_Chi_Minh"
    assert today()
