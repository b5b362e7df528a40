"""Lists of agencies: new ones, revisions, and everything that blocks, each with its cell."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agencies.history import undo
from agencies.imports import agency_list, engine
from agencies.imports.agency_list import AgencyList
from agencies.imports.checked import Options
from agencies.imports.nodes import Node
from agencies.imports.register import Known
from agencies.imports.siblings import Siblings, is_same, is_slip
from agencies.models import Agency, Change, ChangeSet, Kind, PastIdentity, Role
from agencies.testing import day, make_agency, make_province, make_user, workbook
from iso_rollout.text import canonical_name, departments, parse_unit_name

pytestmark = pytest.mark.django_db
KIND = AgencyList()
HEAD = ["Mã cơ quan", "Tên cơ quan", "Cấp", "Cơ quan cấp trên"]


def check(*rows, **options):
    return engine.check(KIND, workbook(*rows), "ds.xlsx", **options)


def named(checked):
    return [(e.code, e.cell) for e in checked.errors]


def take_in(*rows, **options):
    checked = check(*rows, **options)
    assert [str(e) for e in checked.errors] == []
    given = {k: v for k, v in options.items() if k in ("user", "options")}
    return engine.write(KIND, checked, shown=checked.digest, **given)


PROVINCE = [
    ["H31", "UBND tỉnh Hưng Yên", "Tỉnh", None],
    ["H31.VP", "Văn phòng UBND tỉnh", "Tỉnh", None],
    ["H31.05", "Sở Khoa học và Công nghệ", "Tỉnh", None],
    ["H31.05.1", "Chi cục Tiêu chuẩn Đo lường Chất lượng", "Tỉnh", "Sở KH&CN"],
    ["H31.05.2", "Trung tâm Ứng dụng khoa học", "Tỉnh", "H31.05"],
    ["H31.20", "UBND huyện Văn Lâm", "Huyện", None],
    ["H31.20.P1", "Phòng Nội vụ", "Huyện", "UBND huyện Văn Lâm"],
    ["H31.20.1", "UBND xã Lạc Đạo", "Xã", "huyện Văn Lâm"],
    ["H31.90", "Cục Thuế tỉnh Hưng Yên", "Tỉnh", None],
]


def test_kinds_parents_and_coverage_follow_from_the_names():
    take_in(HEAD, *PROVINCE)
    kinds = dict(Agency.objects.values_list("code", "kind"))
    assert kinds == {
        "H31": Kind.PROVINCIAL_COMMITTEE, "H31.VP": Kind.DEPARTMENT, "H31.05": Kind.DEPARTMENT,
        "H31.05.1": Kind.SUB_DEPARTMENT, "H31.05.2": Kind.PUBLIC_SERVICE_UNIT, "H31.20": Kind.DISTRICT_COMMITTEE,
        "H31.20.P1": Kind.DEPARTMENT, "H31.20.1": Kind.COMMUNE_COMMITTEE, "H31.90": Kind.VERTICAL,
    }  # fmt: skip
    parents = dict(Agency.objects.values_list("code", "parent__code"))
    assert parents["H31.20"] == parents["H31.05"] == "H31"
    assert parents["H31.05.1"] == "H31.05"
    covered = dict(Agency.objects.exclude(covered_by=None).values_list("code", "covered_by__code"))
    assert covered == {"H31.VP": "H31", "H31.20.P1": "H31.20"}


def test_any_order_gives_the_same_tree():
    take_in(HEAD, *reversed(PROVINCE))
    assert Agency.objects.get(code="H31.20.1").path.startswith(Agency.objects.get(code="H31").path)
    assert Agency.objects.count() == len(PROVINCE)


def test_the_same_list_again_writes_nothing():
    take_in(HEAD, *PROVINCE)
    before = (ChangeSet.objects.count(), Change.objects.count())
    assert take_in(HEAD, *PROVINCE).change_set is None
    assert (ChangeSet.objects.count(), Change.objects.count()) == before


def test_every_line_of_history_names_its_cell():
    written = take_in(HEAD, *PROVINCE[:2])
    assert list(written.change_set.changes.order_by("id").values_list("cell", flat=True)) == [
        "Danh sách!B2",
        "Danh sách!B3",
    ]


def test_a_changed_name_code_and_parent_are_a_revision_of_that_day():
    province = make_province()
    other = make_agency("UBND xã Việt Hưng", province.van_lam, code="H31.20.9", on=None)
    checked = check(
        HEAD,
        [province.lac_dao.code, "UBND xã Lạc Đạo Mới", "Xã", "UBND huyện Khoái Châu"],
        ["H31.20.X", "UBND xã Việt Hưng", "Xã", "UBND huyện Văn Lâm"],
        on=day("2026-03-01"),
    )
    shown = [(d.name, d.before, d.after, d.cell) for line in checked.lines for d in line.differences]
    assert shown == [
        ("name", "UBND xã Lạc Đạo", "UBND xã Lạc Đạo Mới", "B2"),
        ("parent", "UBND huyện Văn Lâm", "UBND huyện Khoái Châu", "D2"),
        ("code", "H31.20.9", "H31.20.X", "A3"),
    ]
    engine.write(KIND, checked)
    lac_dao = Agency.objects.get(pk=province.lac_dao.pk)
    assert (lac_dao.name, lac_dao.parent_id) == ("UBND xã Lạc Đạo Mới", province.khoai_chau.pk)
    assert lac_dao.path.startswith(province.khoai_chau.path)
    then = Agency.objects.as_of(day("2026-02-28")).get(pk=lac_dao.pk)
    assert (then.name, then.parent_id) == ("UBND xã Lạc Đạo", province.van_lam.pk)
    assert Agency.objects.as_of(day("2026-02-28")).get(pk=other.pk).code == "H31.20.9"


def test_a_correction_leaves_no_past_identity():
    province = make_province()
    checked = check(
        HEAD, [province.lac_dao.code, "UBND xã Lạc Đảo", "Xã", None], options=Options(correct=True)
    )
    engine.write(KIND, checked, options=Options(correct=True))
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đảo"
    assert not PastIdentity.objects.exists()


def test_codes_may_change_hands():
    province = make_province()
    one, two = province.lac_dao, province.lac_hong
    district = "UBND huyện Văn Lâm"
    take_in(
        HEAD, [two.code, "UBND xã Lạc Đạo", "Xã", district], [one.code, "UBND xã Lạc Hồng", "Xã", district]
    )
    # By code first: the names change hands, which comes to the same.
    assert Agency.objects.get(pk=one.pk).name == "UBND xã Lạc Hồng"
    assert Agency.objects.get(pk=two.pk).name == "UBND xã Lạc Đạo"


def test_another_spelling_of_the_name_is_no_change():
    province = make_province()
    checked = check(HEAD, [province.lac_dao.code, "Uỷ ban nhân dân X. LẠC ĐẠO", "Xã", "H. Văn Lâm"])
    assert checked.counts["unchanged"] == 1


def test_a_list_of_an_earlier_day_does_not_overrule_a_later_change():
    province = make_province()
    province.lac_dao.revise(by=None, seen=1, on=day("2025-01-01"), name="UBND xã Lạc Đạo Mới")
    checked = check(HEAD, [province.lac_dao.code, "UBND xã Lạc Đảo", "Xã", None], on=day("2024-01-01"))
    assert named(checked) == [("E_LATER_CHANGE", "B2")]


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        ([["H1", "UBND huyện A", "Huyện", "H31.99"]], [("E_PARENT_UNKNOWN", "D2")]),
        ([["H1", "UBND huyện A", "Huyện", "H1"]], [("E_CYCLE", "D2")]),
        ([["H1", "UBND huyện A", "Huyện", "UBND xã Lạc Đạo"]], [("E_LEVEL_ORDER", "D2")]),
        ([["H1", "UBND xã A", "Tỉnh", "H31"]], [("E_LEVEL", "C2")]),
        ([["H1", "UBND xã A", "Xã", None]], [("E_PARENT_REQUIRED", "B2")]),
        (
            [["H1", "UBND xã A", "Xã", "H31.20"], ["H2", "Xã A", "Xã", "UBND huyện Văn Lâm"]],
            [("E_DUP", "B3")],
        ),
        (
            [["H1", "UBND xã Bình Minh", "Xã", "H31.20"], ["H1", "UBND xã B", "Xã", "H31.20"]],
            [("E_DUP", "A3")],
        ),
    ],
)
def test_what_blocks_is_named_with_its_cell(rows, errors):
    make_province()
    checked = check(HEAD, *rows)
    assert named(checked) == errors
    with pytest.raises(engine.Blocked):
        engine.write(KIND, checked)


def test_the_district_behind_a_name_is_the_parent_whatever_stands_above():
    take_in(HEAD, *PROVINCE, ["H31.21", "UBND huyện Khoái Châu", "Huyện", None])
    head = ["STT", "Mã cơ quan", "Tên cơ quan"]
    rows = [[1, "H31.20.7", "UBND x. An Bình, h. Văn Lâm"], [2, "H31.21.7", "UBND xã An Vĩ, tỉnh Hưng Yên"]]
    take_in(head, ["I", None, "Huyện Khoái Châu"], *rows)
    assert Agency.objects.get(code="H31.20.7").parent.code == "H31.20"
    assert Agency.objects.get(code="H31.21.7").parent.code == "H31.21"
    found = check(head, [1, "H31.20.8", "UBND xã An Định, huyện Gia Lâm"])
    assert named(found) == [("E_PARENT_UNKNOWN", "C2")]


def test_a_new_agency_called_nearly_as_one_on_record_is_a_warning():
    take_in(HEAD, *PROVINCE, ["H31.20.2", "UBND xã Đại Đồng", "Xã", "huyện Văn Lâm"])
    below = "UBND huyện Văn Lâm"
    slips = [
        [None, "UBND xã Đại Đông", "Xã", below],
        [None, "Chi cục Tiêu chuẩn Đo lường Chât lưng", "Tỉnh", "Sở KH&CN"],
    ]
    checked = check(HEAD, *slips)
    assert [(w.code, w.cell) for w in checked.warnings] == [("W_LIKE", "B2"), ("W_LIKE", "B3")]
    # Both are meant where the list names both, and figures tell agencies apart.
    both = [None, "UBND xã Đại Đồng", "Xã", below]
    others = [[None, "Phòng Nội vụ 2", "Huyện", below], [None, "UBND xã Tân Quang", "Xã", below]]
    assert not check(HEAD, slips[0], both, *others).warnings


@pytest.mark.parametrize(
    "name", ["...", "1234567", "x", "-", "<b>a</b>", "UBND xã <Mới>", "Xã ...", "東京市"]
)
def test_what_is_no_name_is_refused_with_its_cell(name):
    make_province()
    checked = check(HEAD, ["N1", name, "Xã", "H31.20"], ["N2", "UBND xã Ô", "Xã", "H31.20"])
    assert named(checked) == [("E_NAME", "B2")]
    assert [line.outcome for line in checked.lines] == ["wrong", "new"]


def _level(name):
    return "Huyện" if name.startswith("Phòng") else "Xã"


def test_two_new_agencies_that_differ_by_a_slip_are_a_warning_at_the_later_one():
    take_in(HEAD, *PROVINCE)
    new = [
        "UBND xã Minh Tân", "UBND xã Minh Tấn", "UBND xã Tân Qang", "UBND xã Tân Quang", "UBND xã Đồng Tiến",
        "UBND xã Hồng Tiến", "Phòng Y tế 1", "Phòng Y tế 2", "UBND thị trấn Minh Tân",
    ]  # fmt: skip
    checked = check(HEAD, *[[None, name, _level(name), "UBND huyện Văn Lâm"] for name in new])
    assert [(w.code, w.cell, w.params["other"]) for w in checked.warnings] == [
        ("W_LIKE", "B3", "UBND xã Minh Tân"), ("W_LIKE", "B5", "UBND xã Tân Qang"),
    ]  # fmt: skip
    # Below another parent it is another agency; and a parent may be new itself.
    rows = [["N1", "UBND huyện Mới", "Huyện", "H31"], *[[None, name, "Xã", "N1"] for name in new[:2]]]
    checked = check(HEAD, *rows, [None, "UBND xã Minh Tần", "Xã", "UBND huyện Văn Lâm"])
    assert [(w.code, w.cell) for w in checked.warnings] == [("W_LIKE", "B4")]


def test_of_very_many_new_names_only_accents_are_compared(monkeypatch):
    take_in(HEAD, *PROVINCE)
    monkeypatch.setattr(agency_list, "MOST_BESIDE", 2)
    new = ["UBND xã Tân An", "UBND xã Tân Ái", "UBND xã Tân Anh", "UBND xã Tân Ân", "UBND xã Tân Anhh"]
    checked = check(HEAD, *[[None, name, _level(name), "UBND huyện Văn Lâm"] for name in new])
    assert [(w.cell, w.params["other"]) for w in checked.warnings] == [
        ("B3", "UBND xã Tân An"), ("B4", "UBND xã Tân An"), ("B5", "UBND xã Tân An"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("lac dao", "lac dao", True), ("lac dao", "lac da", True), ("lac dao", "lac daoo", True),
        ("lac dao", "lac dap", True), ("lac dao", "lac doa", True), ("lac dao", "lca doa", False),
        ("lac dao", "la dap", False), ("lac", "lacdd", False), ("", "a", True), ("ab", "ba", True),
    ],
)  # fmt: skip
def test_a_slip_is_one_letter_or_two_that_changed_places(one, other, is_one):
    assert is_slip(one, other) == is_slip(other, one) == is_one


@pytest.mark.parametrize("parent", ["H31", "Sở Khoa học Công nghệ"])
def test_the_names_of_a_long_list_are_not_compared_pair_by_pair(parent, monkeypatch):
    take_in(HEAD, *PROVINCE, *[[f"H31.Y{n}", f"Trạm Y tế {n}", "Tỉnh", parent] for n in range(100)])
    read = []
    parts = departments._parts
    monkeypatch.setattr(departments, "_parts", lambda *args, **kw: read.append(args) or parts(*args, **kw))
    new = [[None, f"Trạm Y tế {n}", "Tỉnh", parent] for n in range(50, 150)]
    assert check(HEAD, *new).counts["unchanged"] == 50
    assert len(read) < 10 * 200


_KINDS = st.sampled_from(["UBND xã", "Xã", "X.", "Phường", "TT.", "Trạm Y tế", "TRẠM YT", "Phòng", "BQL", ""])
_PLACES = st.sampled_from(
    ["Hòa", "Hoà", "Hóa", "Mỹ", "Mĩ", "ĐẠO", "Đạo", "Đao", "Đào", "Yên", "1", "01", "2", "Hồng", "HỒNG"]
)
_NAMES = st.builds(
    lambda kind, places: f"{kind} {' '.join(places)}", _KINDS, st.lists(_PLACES, min_size=1, max_size=2)
)


@given(st.lists(_NAMES, max_size=8), _NAMES)
@settings(max_examples=200, deadline=None)
def test_what_stands_beside_a_row_is_found_as_if_each_pair_were_compared(names, written):
    beside = [
        Known(n, "", name, "", "", 1, None, "", 1, None, None, parse_unit_name(name))
        for n, name in enumerate(map(canonical_name, names))
    ]
    name = canonical_name(written)
    node = Node(None, "", name, parse_unit_name(name), None)
    assert Siblings(beside).same(node) == [known for known in beside if is_same(node, known)]


def test_a_group_row_is_the_parent_of_the_rows_below():
    make_province()
    checked = check(
        ["TT", "Tên đơn vị", "Mã"], ["I", "HUYỆN VĂN LÂM", None], [1, "Xã Tân Quang", "T1"], [2, "Xã Đại Đồng", "T2"],
        ["II", "HUYỆN KHOÁI CHÂU", None], [1, "Xã Đại Đồng", "T3"],
    )  # fmt: skip
    assert [(r["name"], r["parent_name"]) for r in checked.records()] == [
        ("UBND xã Tân Quang", "UBND huyện Văn Lâm"),
        ("UBND xã Đại Đồng", "UBND huyện Văn Lâm"),
        ("UBND xã Đại Đồng", "UBND huyện Khoái Châu"),
    ]


def test_a_group_row_of_no_known_district_is_named_once():
    make_province()
    checked = check(
        ["TT", "Tên đơn vị", "Mã"], ["I", "HUYỆN KIM SƠN", None], [1, "Xã A", "T1"], [2, "Xã B", "T2"]
    )
    assert named(checked) == [("E_PARENT_UNKNOWN", "B2")]


def test_new_agencies_may_exist_from_a_day():
    province = make_province()
    options = Options(since=datetime.date(2025, 7, 1))
    take_in(HEAD, ["N1", "UBND xã Mới", "Xã", province.van_lam.code], options=options)
    assert Agency.objects.get(code="N1").established_on == datetime.date(2025, 7, 1)


def test_undo_takes_the_list_back():
    province = make_province()
    written = take_in(
        HEAD,
        ["N1", "UBND xã Mới", "Xã", province.van_lam.code],
        [province.lac_dao.code, "UBND xã Lạc Đạo Mới", "Xã", None],
    )
    undo(written.change_set, by=None)
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo"
    assert Agency.objects.get(code="N1").is_void


def test_what_was_shown_must_still_happen():
    province = make_province()
    rows = (HEAD, ["N1", "UBND xã Mới", "Xã", province.van_lam.code])
    checked = check(*rows, [province.lac_dao.code, "UBND xã Lạc Đạo Mới", "Xã", None])
    province.lac_dao.revise(by=None, seen=1, name="UBND xã Lạc Đạo Mới")
    with pytest.raises(engine.Different) as difference:
        engine.write(KIND, checked, shown=checked.digest)
    assert difference.value.checked.counts["changed"] == 0
    assert not Agency.objects.filter(code="N1").exists()


# Scope


def test_agencies_outside_a_persons_reach_read_as_unknown():
    province = make_province()
    user = make_user(Role.COORDINATOR, province.van_lam)
    inside = check(HEAD, ["N1", "UBND xã Mới", "Xã", "H31.20"], user=user)
    assert inside.is_fine
    outside = check(
        HEAD, ["N1", "UBND xã Mới", "Xã", "UBND huyện Khoái Châu"], ["N2", "UBND tỉnh Khác", "Tỉnh", None],
        [province.dong_tao.code, "UBND xã Đông Tảo", "Xã", "H31.20"], user=user,
    )  # fmt: skip
    assert named(outside) == [("E_PARENT_UNKNOWN", "D2"), ("E_CODE_TAKEN", "A4"), ("E_PARENT_UNKNOWN", "B3")]
    told = " ".join(str(e) for e in outside.errors)
    # A code of another district reads the same whether somebody has it or not.
    taken, free = (
        check(HEAD, [code, "UBND xã Mới", "Xã", "H31.20"], user=user) for code in ("H31.21.4", "H31.21.9")
    )
    assert named(taken) == named(free) == [("E_CODE_TAKEN", "A2")]
    assert "Đông Tảo" not in told and "Hưng Yên" not in told


def test_a_viewer_brings_in_nothing():
    province = make_province()
    with pytest.raises(engine.Refused):
        check(HEAD, *PROVINCE, user=make_user(Role.VIEWER, province.committee))


def test_a_district_and_its_commune_may_move_in_one_list():
    province = make_province()
    new = make_agency("UBND huyện Mỹ Hào", province.committee, Kind.DISTRICT_COMMITTEE, code="H31.30")
    take_in(
        HEAD, ["H31.20.1", "UBND xã Lạc Đạo", "Xã", "H31.30"], ["H31.30.9", "UBND xã Mới", "Xã", "H31.30"],
        ["H31.20.2", "UBND xã Lạc Hồng", "Xã", "H31.40"], ["H31.40", "UBND huyện Kim Động", "Huyện", "H31"], on=day("2026-01-01"),
    )  # fmt: skip
    for code, parent in (("H31.20.1", "H31.30"), ("H31.30.9", "H31.30"), ("H31.20.2", "H31.40")):
        agency = Agency.objects.get(code=code)
        assert agency.parent.code == parent and agency.path.startswith(agency.parent.path)
    assert new.pk
