"""Departments found among many by any way of writing them, as when each is compared by itself."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iso_rollout.text import Departments, same_department

_WORDS = st.sampled_from(
    [
        "Sở",
        "các",
        "1",
        "01",
        "12",
        "(mới)",
        "-",
        "&",
        "x.",
        "²",
        "_",
        "TĐC",
        "Tiêu",
        "chuẩn",
        "Đo",
        "lường",
        "Chất",
        "lượng",
        "Hòa",
        "Hoà",
        "UBND",
        "tỉnh",
        "Yên",
    ]
)
# Each part of a name in several spellings, so that many of them meet.
_PARTS = [
    ["Sở", "SỞ", "Ban"], ["Khoa học", "KH", "Kế hoạch", "KHOA HỌC", "các Khoa học"], ["", "và", "&"],
    ["Công nghệ", "CN", "Cộng nghệ", "Công Nghệ", "Chất"], ["", "", "tỉnh", "tỉnh Hưng Yên", "1"],
]  # fmt: skip
_NAMES = st.one_of(
    st.tuples(*map(st.sampled_from, _PARTS)).map(" ".join), st.lists(_WORDS, max_size=4).map(" ".join)
)


@given(st.lists(_NAMES, max_size=12), _NAMES)
@settings(max_examples=400, deadline=None)
def test_an_index_finds_what_comparing_each_name_finds(names, wanted):
    bodies = list(enumerate(names))
    index = Departments(bodies, name=lambda body: body[1])
    for text in [wanted, *names]:
        assert index.find(text) == [body for body in bodies if same_department(body[1], text)]
