"""The words of the search box: any text is a question, and one question has one answer however it is written."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iso_rollout.text import Query, fit, name_key, nearly, text_key, without_telex

NAMES = (
    "UBND xã Lạc Đạo", "UBND thị xã Mỹ Hào", "UBND phường Nhân Hòa", "Sở Khoa học và Công nghệ", "UBND xã Lý Thường Kiệt",
    "Chi cục Tiêu chuẩn Đo lường Chất lượng", "Văn phòng UBND tỉnh", "UBND xã Thuỵ Lôi", "Sở Y tế", "UBND quận 1",
)  # fmt: skip


def finds(text, name, code=""):
    """Whether the key of an agency holds what was typed, as the database looks for it."""
    key = name_key(name, code)
    return all(any(piece in key for piece in word.pieces) for word in Query(text).needed)


@given(st.text(max_size=60))
@example("%_\\'\";--")
@example("\x00")
@example("ß İ ǅ")
def test_no_text_is_an_error_or_a_wildcard(text):
    query = Query(text)
    assert all(
        set(piece) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
        for word in query.words
        for piece in word.pieces
    )
    assert fit(query, "UBND xã Lạc Đạo", "H31.325").key
    assert isinstance(nearly(query, [(1, name_key("Sở Y tế", ""))]), dict)
    assert Query(without_telex(text)) is not None


@given(st.sampled_from(NAMES), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
       st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))  # fmt: skip
def test_case_and_composition_do_not_matter(name, case, form):
    typed = unicodedata.normalize(form, case(name))
    assert [w.plain for w in Query(typed).words] == [w.plain for w in Query(name).words]
    assert fit(Query(typed), name) == fit(Query(name), name)
    assert finds(typed, name)


@given(st.sampled_from(NAMES), st.data())
def test_every_beginning_of_a_name_finds_it(name, data):
    typed = name[: data.draw(st.integers(1, len(name)))]
    assert finds(typed, name)


@given(st.sampled_from(NAMES), st.randoms())
def test_the_order_of_words_does_not_matter(name, random):
    words = name.split()
    random.shuffle(words)
    assert finds(" ".join(words), name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Hoà", "UBND xã Hòa Phong"), ("thuỷ", "Chi cục Thủy lợi"), ("quí", "UBND xã Quý Lộc"), ("Qúy", "UBND xã Quý Lộc"),
        ("mĩ hào", "UBND thị xã Mỹ Hào"), ("TX.Mỹ Hào", "UBND thị xã Mỹ Hào"), ("t.x. mỹ hào", "UBND thị xã Mỹ Hào"),
        ("U.B.N.D xã", "UBND xã Lạc Đạo"), ("uỷ ban nhân dân", "UBND xã Lạc Đạo"), ("UBND", "Ủy ban nhân dân xã A"),
        ("tp.hcm", "UBND thành phố Hồ Chí Minh"), ("khcn", "Sở Khoa học và Công nghệ"), ("Sở KH&CN", "Sở KH&CN"),
        ("tđc", "Chi cục Tiêu chuẩn Đo lường Chất lượng"), ("thị xã", "UBND TX Mỹ Hào"), ("phường 1", "UBND phường 01"),
        ("01", "UBND phường 01"), ("q 1", "UBND quận 1"), ("hung y", "UBND tỉnh Hưng Yên"),
    ],
)  # fmt: skip
def test_ways_to_write_it(typed, name):
    assert finds(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lac hong", "UBND xã Lạc Đạo"),
        ("ao", "UBND xã Lạc Đạo"),
        ("thuy", "UBND xã Thúi"),
        ("skhdt", "Sở Y tế"),
    ],
)
def test_what_does_not_fit(typed, name):
    assert not finds(typed, name)


def test_a_part_of_a_code_is_found():
    for typed in ("H31.330", "h31330", "330.122", "12205", "2205", "31.330"):
        assert finds(typed, "UBND thị trấn Khoái Châu", "H31.330.12205")


def test_whole_names_stand_before_parts_and_types_that_fit_before_others():
    def order(typed, *names):
        return sorted(names, key=lambda name: fit(Query(typed), name).key)

    assert order("yen my", "UBND xã Yên Mỹ Đông", "UBND huyện Yên Mỹ")[0] == "UBND huyện Yên Mỹ"
    assert order("tt yen my", "UBND huyện Yên Mỹ", "UBND thị trấn Yên Mỹ")[0] == "UBND thị trấn Yên Mỹ"
    assert order("hưng đạo", "UBND xã Hùng Đạo", "UBND xã Hưng Đạo")[0] == "UBND xã Hưng Đạo"
    assert order("hùng đạo", "UBND xã Hưng Đạo", "UBND xã Hùng Đạo")[0] == "UBND xã Hùng Đạo"
    assert order("so khcn", "Chi cục Sở Khcn", "Sở Khoa học và Công nghệ")[0] == "Sở Khoa học và Công nghệ"


def test_slips_of_the_hand():
    keys = [(name, name_key(name, "")) for name in NAMES]
    assert nearly(Query("lac dap"), keys) == {"UBND xã Lạc Đạo": 1}
    assert nearly(Query("lca dap"), keys) == {"UBND xã Lạc Đạo": 2}
    assert nearly(Query("lcaa dpp"), keys) == {}
    assert nearly(Query("xy"), keys) == {}


def test_the_keyboard_was_not_set_to_vietnamese():
    assert without_telex("xax lacj ddaoj") == "xa lac dao"
    assert without_telex("huyeenj vawn laam") == "huyen van lam"


def test_a_key_has_each_word_once():
    assert text_key("12/QĐ-UBND", "Quyết định 12", codes=["12/QĐ-UBND"]) == " 12 qd ubnd quyet dinh 12qdubnd "
    assert text_key("…") == ""
