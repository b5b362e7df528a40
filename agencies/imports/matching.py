"""Matching: a name as an office wrote it → the one agency it means, or a question. Never a guess.

Order: the code as of the list's day; else type + name + place (own column, group row, sheet). One candidate is
taken and says how; several or none are a question with the candidates and their parents. Near names are suggested.
"""

import difflib
import re
from dataclasses import dataclass, field

from agencies.models import Level
from iso_rollout.text import (
    UNIT_TYPES,
    Query,
    department_key,
    fit,
    fold,
    level_of,
    name_key,
    parse_unit_name,
    same_department,
    tone_key,
    unmarked,
)  # fmt: skip

from .checked import Candidate
from .register import RANK

# Words of a heading over rows that is no agency: "Khối sở, ngành", "Cấp tỉnh", "Các đơn vị trực thuộc".
_BLOCK_WORDS = frozenset(
    re.findall(
        r"\w+",
        "khoi nhom cap cac so ban nganh co quan tinh don vi chi cuc va tuong duong huyen xa phuong thi tran tx tp tt ubnd uy "
        "nhan dan thanh pho quan truc thuoc cong lap su nghiep chuyen mon hanh chinh dia doan the phan muc danh sach to chuc "
        "khac tong ds cua nam i ii iii iv v a b c d",
    )
)
_LEVEL_WORDS = (
    (Level.COMMUNE, re.compile(r"\bcap xa\b|\bcac xa\b|\bxa phuong\b|\bphuong xa\b|\bkhoi xa\b")),
    (
        Level.DISTRICT,
        re.compile(r"\bcap huyen\b|\bcac huyen\b|\bhuyen thi xa\b|\bhuyen thanh pho\b|\bkhoi huyen\b"),
    ),
    (Level.PROVINCE, re.compile(r"\bcap tinh\b|\bso (?:ban )?nganh\b|\bcac so\b|\bchi cuc\b|\bkhoi so\b")),
)

_BESIDE = re.compile(r"(?P<name>.+?)\s*(?:\s[-–—]\s|/|,|\()\s*(?P<place>[^()]+?)\s*\)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs. `agency` None: nothing tells it. `is_unknown`: something does, but it is in no register.

    `source`: "column", "group", "sheet", "name"; `level`: what a group row such as "Khối xã" says.
    """

    agency: object = None
    source: str = ""
    level: str | None = None
    is_unknown: bool = False
    text: str = ""


NOWHERE = Place()


@dataclass(slots=True)
class Match:
    """What a name means. `how`: code, name, learned, answer; without an agency: unknown, ambiguous, unknown_code."""

    agency: object = None
    how: str = ""
    candidates: list = field(default_factory=list)


class Matcher:
    """Matches the rows of one list; what was worked out once is kept."""

    def __init__(self, register, answers=None):
        self.register = register
        self.answers = answers or {}
        self._groups, self._names, self._places = {}, {}, {}

    # Places

    def place_of(self, row):
        """Where the row's own column, its group rows or its sheet put it. Source: `office/README.md`, rule 2."""
        for name in ("district", "parent"):
            if text := row.values.get(name):
                place = self._place_said(text, "column")
                if place.agency or place.is_unknown:
                    return place
                return self._group_place(row) if place.level is None else place
        return self._group_place(row)

    def _group_place(self, row):
        key = (row.sheet, row.groups)
        if key not in self._groups:
            self._groups[key] = self._find_group_place(row)
        return self._groups[key]

    def _find_group_place(self, row):
        level = None
        for group in reversed(row.groups):
            place = self._place_said(group.text, "group")
            level = level or place.level
            if place.agency or place.is_unknown:
                return Place(place.agency, "group", level, place.is_unknown, place.text)
        if row.sheet and not any(place_name(group.text) for group in row.groups):
            district = self._sheet_district(row.sheet)
            if district:
                return Place(district, "sheet", level, False, row.sheet)
        return Place(level=level)

    def _place_said(self, text, source):
        key = (text, source)
        if key not in self._places:
            self._places[key] = self._find_place(text, source)
        return self._places[key]

    def _find_place(self, text, source):
        """A district, department or province that a cell or group row names."""
        if is_block(text):
            return Place(source=source, level=level_hint(text), text=text)
        by_code = self.register.by_code.get(text.upper())
        if by_code:
            return Place(by_code, source, text=text)
        name = parse_unit_name(text)
        found = self.find(text)
        if name.kind is None and len(found) > 1:
            # A bare place is a district before it is a commune or the province of that name.
            found = [k for k in found if k.level == Level.DISTRICT] or found
        if len(found) == 1:
            return Place(found[0], source, text=text)
        # What names a place by its type, or stands in a column of places, must be known; other headings need not.
        if found or name.is_unit or (source == "column" and not name.kind):
            return Place(None, source, is_unknown=True, text=text)
        return Place(source=source, level=level_hint(text), text=text)

    def _sheet_district(self, sheet):
        text = re.sub(r"^\W*(?:[0-9]{1,3}|[IVX]+)\s*[.)_-]\s*", "", sheet).replace("_", " ").strip()
        if not text or is_block(text):
            return None
        found = [k for k in self.find(text) if k.level == Level.DISTRICT]
        if not found and text.isascii():
            # Names of sheets are often typed without accents; the words of the rows still have to fit.
            name = parse_unit_name(text)
            found = self.register.folded_districts.get(fold(name.proper), [])
            found = [k for k in found if name.kind in (None, k.unit.kind)]
        return found[0] if len(found) == 1 else None

    # Names

    def find(self, text, unit_type=None):
        """Every agency that a name can mean, wherever it stands."""
        key = (text, unit_type)
        if key not in self._names:
            self._names[key] = self._find(text, unit_type)
        return self._names[key]

    def _find(self, text, unit_type):
        text = unmarked(text)
        name = parse_unit_name(text)
        kind = name.kind if name.is_unit else unit_type if name.kind is None else None
        found = []
        if kind or name.kind is None:
            if kind == "tinh" and not name.proper:
                found = list(self.register.provinces)
            else:
                found = [k for k in self.register.units.get(name.key, ()) if kind in (None, k.unit.kind)]
        if not found and not kind and not name.is_committee:
            bucket = self.register.bodies.get(department_key(text), ())
            found = [k for k in bucket if same_department(k.name, text)]
            if len(found) > 1:
                exact = [k for k in found if tone_key(k.name) == tone_key(text)]
                found = exact or found
        if not found and kind and (parts := _BESIDE.match(text)):
            # "Xã Tân Tiến - Văn Giang": the place bare, without its type.
            places = [k for k in self.find(parts["place"]) if k.level == Level.DISTRICT]
            beside = self.find(parts["name"], unit_type)
            return [k for k in beside if any(k.path.startswith(place.path) for place in places)]
        if name.within and found:
            # A town that was a district then: its proper name is enough. What lies elsewhere is not meant.
            places = self.find(name.within) or self.find(parse_unit_name(name.within).proper)
            found = [
                k
                for k in found
                if any(k.path.startswith(place.path) and k.id != place.id for place in places)
            ]
        return found

    def match(self, text, *, code=None, unit_type=None, place=NOWHERE, level=None):
        """The agency of a row. `place`: from `place_of`; `level`: from the row's own column."""
        if code:
            if known := self.register.by_code.get(code):
                return Match(known, "code")
            return Match(None, "unknown_code")
        if place.is_unknown:
            return self._asked(text, unit_type, place, [], "unknown")
        found, how = self._within(text, unit_type, place), "name"
        if len(found) > 1:
            found = self._narrow(found, place, level)
        if len(found) == 1:
            return Match(found[0], how)
        return self._asked(text, unit_type, place, found, "ambiguous" if found else "unknown")

    def _within(self, text, unit_type, place):
        found = self.find(text, unit_type)
        if place.agency is None:
            return found
        name = parse_unit_name(text)
        if name.is_unit and not name.proper and name.kind == place.agency.unit.kind:
            return [place.agency]  # "UBND huyện" below "Huyện Ân Thi"
        inside = [k for k in found if k.path.startswith(place.agency.path) and k.id != place.agency.id]
        if not inside and any(k.id == place.agency.id for k in found):
            return [place.agency]
        # Inside a district nothing else counts; a department or the province only comes first.
        return inside if inside or place.agency.level != Level.PROVINCE else found

    @staticmethod
    def _narrow(found, place, level):
        for wanted in (level, place.level):
            if wanted and len(found) > 1:
                found = [k for k in found if k.level == wanted] or found
        return found

    def question_key(self, text, unit_type, place):
        scope = place.agency.id if place.agency else ""
        return f"{tone_key(text)}|{unit_type or ''}|{scope}"

    def _asked(self, text, unit_type, place, found, why):
        """Somebody answered this before: now (an answer) or in an earlier list (a learned name)."""
        answer = self.register.get(self.answers.get(self.question_key(text, unit_type, place)))
        if answer:
            return Match(answer, "answer")
        scope = place.agency.id if place.agency else None
        if not place.is_unknown and (
            learned := self.register.aliases.get((alias_key(text, unit_type), scope))
        ):
            return Match(learned, "learned")
        return Match(None, why, found)

    # Questions

    def candidates(self, text, found, place):
        """What a person may choose from: the agencies of that name, else near ones, each with its parents."""
        near = not found
        if near:
            found = self.former(text) or self.near(text, place)
        return [Candidate(k.id, k.name, k.code, self.register.parents_of(k), is_near=near) for k in found[:8]]

    def former(self, text):
        """The agencies of today for a name that was given up."""
        return self.register.former.get(parse_unit_name(text).key, [])

    def near(self, text, place, count=5):
        """Agencies found by the typed words or spelt nearly so, the district's own first."""
        if not hasattr(self, "_folded"):
            self._folded = {}
            for known in self.register.agencies.values():
                key = fold(known.unit.proper if known.is_unit else known.name)
                self._folded.setdefault(key, []).append(known)
        name = parse_unit_name(text)
        wanted = fold(name.proper if name.is_unit or name.is_committee else text)
        pool = self._folded
        if place.agency and place.agency.level == Level.DISTRICT:
            inside = {
                key: [k for k in all_ if k.path.startswith(place.agency.path)] for key, all_ in pool.items()
            }
            inside = {key: all_ for key, all_ in inside.items() if all_}
            found = self._by_words(text, place.agency.path) + _closest(wanted, inside, count)
            return list(dict.fromkeys(found + self._folded.get(wanted, [])))[:count]
        return list(dict.fromkeys(self._by_words(text) + _closest(wanted, pool, count)))[:count]

    def _by_words(self, text, path=""):
        """Agencies whose key holds every typed word, as in the search box: types and names without accents, short forms.

        The best fits only, so that "Huyen Van Lam" does not bring all that begins with these words.
        """
        if not hasattr(self, "_search_keys"):
            self._search_keys = [(k, name_key(k.name, k.code)) for k in self.register.agencies.values()]
        query = Query(text)
        if not query:
            return []
        held = [
            (fit(query, known.name).key, known.id, known)
            for known, key in self._search_keys
            if known.path.startswith(path)
            and all(any(piece in key for piece in word.pieces) for word in query.needed)
        ]
        best = min((likeness[0] for likeness, *_ in held), default=None)
        return [known for likeness, _id, known in sorted(held) if likeness[0] == best]


def _closest(wanted, pool, count):
    return [k for key in difflib.get_close_matches(wanted, pool, n=count, cutoff=0.75) for k in pool[key]][
        :count
    ]


def alias_key(text, unit_type=None):
    """The key under which a learned name is kept: the type belongs to it, written or beside it."""
    words = UNIT_TYPES[unit_type][0] if unit_type and parse_unit_name(text).kind is None else ""
    return tone_key(f"{words} {text}")[:255]


def is_block(text):
    """ "KHỐI SỞ, NGÀNH", "Cấp tỉnh": a heading of words that name no agency."""
    words = [word for word in fold(text).split() if not word.isdigit()]
    if not words or _is_committee_of(text) or not all(word in _BLOCK_WORDS for word in words):
        return False
    name = parse_unit_name(text)
    return not (name.is_unit and name.proper.isdigit())  # "Quận 3"


def _is_committee_of(text):
    # "UBND tỉnh" is an agency where there is only one province.
    return fold(text) in ("ubnd tinh", "uy ban nhan dan tinh")


def level_hint(text):
    """The level that a heading such as "C. Khối UBND cấp xã" speaks of, None when it does not."""
    return next((level.value for level, pattern in _LEVEL_WORDS if pattern.search(fold(text))), None)


def place_name(text):
    """Whether a text names a district or province by its type."""
    name = parse_unit_name(text)
    return bool(name.is_unit and name.proper and RANK.get(level_of(name), 2) < 2 and not is_block(text))
