"""A name as an office writes it finds the one agency it means, or is a question."""

import pytest

from agencies.imports.matching import NOWHERE, Matcher, Place, is_block, level_hint
from agencies.imports.register import Register
from agencies.models import AgencyAlias, Level, Role
from agencies.testing import make_agency, make_province, make_user, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def matcher(**options):
    return Matcher(Register(today()), **options)


def found(text, place=NOWHERE, **options):
    match = matcher().match(text, place=place, **options)
    return match.agency.name if match.agency else match.how


@pytest.mark.parametrize(
    "text",
    ["UBND xã Lạc Đạo", "Xã Lạc Đạo", "X. Lạc Đạo", "LẠC ĐẠO", "U.B.N.D xã LẠC ĐẠO", "Uỷ ban nhân dân xã Lạc Ðạo", "ubnd  x. lạc đạo"],
)  # fmt: skip
def test_institution_words_case_and_spaces_do_not_matter(province, text):
    assert found(text) == "UBND xã Lạc Đạo"


@pytest.mark.parametrize(
    "text", ["Sở KH&CN", "Sở KHCN", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "Sở Khoa học - Công nghệ"]
)
def test_departments_may_be_shortened(province, text):
    assert found(text) == "Sở Khoa học và Công nghệ"


def test_letters_and_tones_decide(province):
    assert found("Xã Lạc Dao") == "unknown"
    near = matcher().candidates("Xã Lạc Dạo", [], NOWHERE)
    assert [c.name for c in near if c.is_near][0] == "UBND xã Lạc Đạo"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Huyen Van Lam", "UBND huyện Văn Lâm"),
        ("h van lam", "UBND huyện Văn Lâm"),
        ("ubnd x. lac dao", "UBND xã Lạc Đạo"),
        ("So KH&CN", "Sở Khoa học và Công nghệ"),
        ("so khoa hoc cong nghe", "Sở Khoa học và Công nghệ"),
    ],
)
def test_what_is_typed_without_accents_or_shortened_is_suggested_first(province, text, meant):
    assert found(text) == "unknown"
    near = matcher().candidates(text, [], NOWHERE)
    assert near[0].name == meant and near[0].is_near


def test_a_candidate_is_told_apart_by_code_and_parents_as_far_as_it_has_them(province):
    near = {
        c.name: c
        for text in ("huyen van lam", "tinh hung yen")
        for c in matcher().candidates(text, [], NOWHERE)
    }
    district, top = near[province.van_lam.name], near[province.committee.name]
    assert district.whereabouts == f"{province.van_lam.code} · {province.committee.name}"
    assert top.whereabouts == province.committee.code


def test_no_agency_is_suggested_for_words_that_none_has(province):
    assert matcher().candidates("Xã Không Có Thật", [], NOWHERE) == []


def test_words_suggest_nothing_outside_the_reach(province):
    user = make_user(Role.EDITOR, province.lac_dao)
    m = Matcher(Register(today(), user=user))
    assert m.candidates("So KH&CN", [], NOWHERE) == []


def test_the_unit_type_decides_when_it_is_written(province):
    assert found("Phường Lạc Đạo") == "unknown"
    assert found("Lạc Đạo", unit_type="phuong") == "unknown"


def test_the_place_behind_a_name_decides_also_where_only_one_bears_the_name(province):
    assert found("UBND xã Lạc Đạo, huyện Văn Lâm") == "UBND xã Lạc Đạo"
    assert found("Xã Lạc Đạo (TX. Văn Lâm, tỉnh Hưng Yên)") == "UBND xã Lạc Đạo"
    assert found("UBND xã Lạc Đạo, tỉnh Hưng Yên") == "UBND xã Lạc Đạo"
    assert found("UBND xã Lạc Đạo, huyện Khoái Châu") == "unknown"
    assert found("Xã Lạc Đạo - huyện Gia Lâm") == "unknown"
    near = matcher().candidates("UBND xã Lạc Đạo, huyện Khoái Châu", [], NOWHERE)
    assert near[0].name == "UBND xã Lạc Đạo"


@pytest.mark.parametrize(
    "text",
    ["1. UBND xã Lạc Đạo", "2.1 Xã Lạc Đạo", "a) Lạc Đạo", "- UBND xã Lạc Đạo", "UBND xã Lạc Đạo (mới)", "Xã Lạc Đạo (1)", "Xã Lạc Đạo*",
     "+ Xã Lạc Đạo [2]", "Xã Lạc Đạo – Văn Lâm", "Xã Lạc Đạo/Văn Lâm", "UBND xã Lạc Đạo (Văn Lâm)"],
)  # fmt: skip
def test_the_marks_of_a_list_and_a_bare_place_behind_it_belong_to_no_name(province, text):
    assert found(text) == "UBND xã Lạc Đạo"
    assert found("2) Sở KH&CN (*)") == "Sở Khoa học và Công nghệ"
    assert found("Xã Lạc Đạo - Khoái Châu") == "unknown"
    assert found("Xã Lạc Đạo (cũ)") == "unknown"


def test_a_name_of_two_communes_is_a_question_and_says_their_parents(province):
    make_agency("UBND thị trấn Bình Minh", province.van_lam)
    m = matcher()
    match = m.match("Bình Minh")
    assert (match.agency, match.how) == (None, "ambiguous")
    parents = {c.parents for c in m.candidates("Bình Minh", match.candidates, NOWHERE)}
    assert parents == {"UBND huyện Văn Lâm, UBND tỉnh Hưng Yên", "UBND huyện Khoái Châu, UBND tỉnh Hưng Yên"}
    assert found("Xã Bình Minh") == "UBND xã Bình Minh"


def test_inside_a_district_a_bare_name_is_enough_and_nothing_else_counts(province):
    make_agency("UBND xã Lạc Đạo", province.khoai_chau)
    register = Register(today())
    place = Place(register.get(province.van_lam.pk), "group")
    assert Matcher(register).match("Lạc Đạo", place=place).agency.id == province.lac_dao.pk
    assert Matcher(register).match("Bình Minh", place=place).how == "unknown"


def test_a_bare_name_inside_the_district_of_that_name_is_its_commune(province):
    make_agency("UBND thị trấn Văn Lâm", province.van_lam)
    register = Register(today())
    place = Place(register.get(province.van_lam.pk), "group")
    assert Matcher(register).match("Văn Lâm", place=place).agency.name == "UBND thị trấn Văn Lâm"
    assert Matcher(register).match("UBND huyện", place=place).agency.id == province.van_lam.pk


def test_a_learned_name_answers_the_next_question(province):
    AgencyAlias.objects.create(agency=province.chi_dao, text="Chỉ Đạo mới", key="chi3 dao5 moi4")
    from agencies.imports.matching import alias_key

    AgencyAlias.objects.update(key=alias_key("Chỉ Đạo mới"))
    match = matcher().match("CHỈ ĐẠO MỚI")
    assert (match.agency.id, match.how) == (province.chi_dao.pk, "learned")


def test_agencies_outside_a_persons_reach_read_as_unknown(province):
    user = make_user(Role.COORDINATOR, province.van_lam)
    m = Matcher(Register(today(), user=user, roles={Role.COORDINATOR}))
    assert m.match("Lạc Đạo").agency.id == province.lac_dao.pk
    assert m.match("Bình Minh").how == "unknown"
    assert m.match("", code=province.binh_minh.code).how == "unknown_code"
    assert m.candidates("Bình Minh", [], NOWHERE) == []


def test_the_code_of_the_lists_day_comes_first(province):
    assert found("Lạc Hồng", code=province.chi_dao.code) == "UBND xã Chỉ Đạo"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("KHỐI SỞ, NGÀNH", True),
        ("Cấp xã", True),
        ("Sở Nội vụ", False),
        ("Huyện Văn Lâm", False),
        ("UBND tỉnh", False),
    ],
)
def test_headings_over_blocks_are_no_agencies(text, answer):
    assert is_block(text) is answer


def test_a_heading_may_say_the_level():
    assert level_hint("C. KHỐI UBND CẤP XÃ") == Level.COMMUNE
    assert level_hint("Huyện Văn Lâm") is None
