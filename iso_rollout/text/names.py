"""Names of agencies: keys for matching, unit types, the canonical spelling.

Keys ignore case, spaces, Unicode form, tone placement (Hòa/Hoà) and i/y (Mỹ/Mĩ). Letters and tones
otherwise decide: Đại Đông is not Đại Đồng. Source: `domain.md` §6.2 (11).
"""

import re
from typing import NamedTuple

from .characters import clean, fold, split_tone
from .values import Unreadable

# Unit types: kind → (full words, short forms, level). A short form of one letter needs its dot,
# unless "UBND" stands before it.
UNIT_TYPES = {
    "tinh": ("tỉnh", ("t",), "province"),
    "thanh_pho": ("thành phố", ("tp", "t.p"), "district"),
    "thi_xa": ("thị xã", ("tx", "t.x"), "district"),
    "huyen": ("huyện", ("h",), "district"),
    "quan": ("quận", ("q",), "district"),
    "thi_tran": ("thị trấn", ("tt", "t.t"), "commune"),
    "phuong": ("phường", ("p",), "commune"),
    "xa": ("xã", ("x",), "commune"),
    "dac_khu": ("đặc khu", ("đk",), "commune"),
}
CENTRAL_CITIES = {"hà nội", "hồ chí minh", "hải phòng", "đà nẵng", "cần thơ", "huế"}
# Bodies that are not the committee of a unit, and the level they belong to.
BODIES = {
    "sở": "so", "chi cục": "chi_cuc", "ban quản lý": "ban_quan_ly", "bql": "ban_quan_ly", "ban": "ban",
    "văn phòng": "van_phong", "vp": "van_phong", "thanh tra": "thanh_tra", "trung tâm": "trung_tam",
    "phòng": "phong", "cục": "cuc", "công an": "cong_an", "bộ": "bo",
}  # fmt: skip

_COMMITTEE = re.compile(
    r"^(?:hđnd\s*(?:[-,&]|và)\s*)?(?:u\.?\s?b\.?\s?n\.?\s?d\.?|[uủ][ỷyỉ]?\s+ban\s+nh[âa]n\s+d[âa]n)(?=[\s.]|$)[\s.]*",
    re.IGNORECASE,
)
_FULL_TYPE = {words: kind for kind, (words, _, _) in UNIT_TYPES.items()}
_SHORT_TYPE = {short: kind for kind, (_, shorts, _) in UNIT_TYPES.items() for short in shorts}
_TYPE = re.compile(
    r"^(?:(?P<full>" + "|".join(sorted(_FULL_TYPE, key=len, reverse=True)) + r")(?=\s|$)\.?"
    r"|(?P<short>" + "|".join(re.escape(s) for s in sorted(_SHORT_TYPE, key=len, reverse=True)) + r")"
    r"(?:(?P<dot>\.)\s*|\s+|(?<=[pq])(?=[0-9])))(?P<rest>.*)$",
    re.IGNORECASE,
)
# "TT" is a town unless a word follows that only a centre (trung tâm) has.
_CENTRE_WORDS = (
    "y tế",
    "văn hóa",
    "văn hoá",
    "giáo dục",
    "hành chính",
    "phục vụ",
    "dịch vụ",
    "phát triển",
    "kỹ thuật",
)
_WITHIN = re.compile(
    r"\s*(?:,|\s-|\s–|\()\s*(?P<within>(?:huyện|thị xã|thành phố|quận|tỉnh|h\.|tx\.?|t\.x\.?|tp\.?|t\.p\.?|q\.)\s*[^,()]+)"
    r"(?:,.*)?\)?$",
    re.IGNORECASE,
)
# What stands before a name in a list ("1. ", "2.1 ", "a) ", "- ") and behind it ("*", "(1)", "(mới)").
_LIST_MARK = re.compile(
    r"^(?:[-–—+•·*]+\s*|\(?[0-9]{1,3}(?:(?:\.[0-9]{1,3})+\.?\s+|[.)]\s*)|[a-zđ]\)\s*)(?=[^\W\d_])",
    re.IGNORECASE,
)
_FOOT_MARK = re.compile(r"(?<=\w)\s*(?:\((?:[0-9]{1,2}|\*+|mới)\)|\[[0-9]{1,2}\]|\*+)$", re.IGNORECASE)


def unmarked(text):
    """A name, cleaned, without the marks of the list that it stands in: "- TT. Yên Mỹ (1)" → "TT. Yên Mỹ"."""
    return _FOOT_MARK.sub("", _LIST_MARK.sub("", clean(text)))


def tone_key(text):
    """Key of a name: equal for spellings of one name, different where letters or tones differ.

    "UBND xã Thuỷ  Hoà" and "ubnd Xã Thủy Hòa" agree; "Hưng Đạo" and "Hùng Đạo" do not.
    """
    # "Cư M'gar" is typed "Cư M’gar" and "Cư Mgar" as well.
    joined = re.sub(r"(?<=[^\W\d_])['’‘`ʼ](?=[^\W\d_])", "", clean(text).casefold())
    return " ".join(_syllable_key(word) for word in re.findall(r"[0-9]+|[^\W\d_]+", joined))


def _syllable_key(word):
    if word.isdigit():
        return word.lstrip("0") or "0"
    plain, tone = split_tone(word)
    if plain.endswith("y"):
        # Lý/Lí, Mỹ/Mĩ, Quý/Quí, Ý/Í: "y" alone after a consonant is "i". Thúy/Thúi stay apart.
        head = plain[:-1]
        if head == "qu" or not re.search("[aăâeêioôơuưy]", head):
            plain = head + "i"
    return f"{plain}{tone or ''}"


class UnitName(NamedTuple):
    """What a written name says: `kind` (a key of UNIT_TYPES, a value of BODIES, or None), the proper name,
    whether "UBND" was written, and the larger unit written behind it ("…, huyện Yên Mỹ") or ""."""

    kind: str | None
    proper: str
    is_committee: bool
    within: str = ""

    @property
    def is_unit(self):
        """True for a province, district or commune, whose agency is its people's committee."""
        return self.kind in UNIT_TYPES

    @property
    def key(self):
        return tone_key(self.proper)


def parse_unit_name(text):
    """Split a written name: "U.B.N.D TT. Yên Mỹ" → UnitName("thi_tran", "Yên Mỹ", True)."""
    text = unmarked(text)
    committee = _COMMITTEE.match(text)
    rest = text[committee.end() :] if committee else text
    within = ""
    if (match := _WITHIN.search(rest)) and match.start() > 0:
        rest, within = rest[: match.start()], clean(match["within"])
    if match := _TYPE.match(rest):
        kind, proper = _unit_type(match, bool(committee))
        if kind:
            return UnitName(kind, proper, bool(committee), within)
    if not committee:
        for words, kind in BODIES.items():
            if re.match(rf"{words}(?=[\s.]|$)", rest, re.IGNORECASE):
                return UnitName(kind, text, False)
    return UnitName(None, rest, bool(committee), within)


def check_name(text):
    """Raise `Unreadable` for what cannot be an agency's name: "...", "1234567", "x", "<b>", "Xã ...".

    Names are told apart by keys of letters and figures: without letters all of them would be one name.
    """
    if re.search("[<>]", text):
        raise Unreadable("“%(value)s” holds < or >. Write the name without them.", value=text)
    if sum(map(str.isalpha, fold(text))) < 2:
        raise Unreadable(
            "“%(value)s” is no name of an agency. Write a name of at least two letters.", value=text
        )
    name = parse_unit_name(text)
    if name.is_unit and name.proper and not name.key:
        raise Unreadable("“%(value)s” does not say which place it is. Write its name.", value=text)


def _unit_type(match, is_committee):
    proper = match["rest"].strip()
    if match["full"]:
        return _FULL_TYPE[match["full"].casefold()], proper
    short = match["short"].casefold()
    if short == "tt" and proper.casefold().startswith(_CENTRE_WORDS):
        return "trung_tam", proper
    is_numbered = short in ("p", "q") and proper.isdigit()  # "P1", "Q 10"
    if len(short) == 1 and not (match["dot"] or is_committee or is_numbered):
        return None, proper
    return _SHORT_TYPE[short], proper


def level_of(name):
    """Level ("province", "district", "commune") of a `UnitName`, or None when it does not say."""
    if name.kind == "thanh_pho" and name.proper.casefold() in CENTRAL_CITIES:
        return "province"
    if name.kind in UNIT_TYPES:
        return UNIT_TYPES[name.kind][2]
    if name.kind in ("phong", "bo", "trung_tam", None):
        return None
    return "province"


def unit_type_of(text):
    """A cell of a column "Loại hình": "TT.", "Thị trấn" → "thi_tran"; None when it is no unit type."""
    words = clean(text).casefold().rstrip(".")
    return _FULL_TYPE.get(words) or _SHORT_TYPE.get(words)


def canonical_name(text, unit_type=None):
    """The name a created agency gets: "X. LẠC ĐẠO", or "Lạc Đạo" beside a type "xa" → "UBND xã Lạc Đạo".

    Names of other bodies stay as written, cleaned; a name in capitals only gets one capital per word.
    The tone mark stays where it was typed.
    """
    name = parse_unit_name(text)
    kind = name.kind if name.is_unit else unit_type if name.kind is None else None
    if kind is None:
        whole = unmarked(text)
        if name.is_committee:
            whole = f"UBND {name.proper}"
        return whole if whole != whole.upper() else _one_capital_per_word(whole)
    proper = name.proper
    if proper and proper == proper.upper():
        proper = _one_capital_per_word(proper)
    return clean(f"UBND {UNIT_TYPES[kind][0]} {proper}")


def _one_capital_per_word(text):
    def word(match):
        # UBND, KCN, KH&CN and the like are abbreviations, not words in capitals.
        letters = match[0]
        if (
            letters in ("UBND", "HĐND", "BQL")
            or "&" in letters
            or not re.search("[AEIOUY]", fold(letters).upper())
        ):
            return letters
        return letters[0] + letters[1:].lower()

    return re.sub(r"[^\W\d_][\w&]*", word, text)
