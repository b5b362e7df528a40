"""Departments: names that offices shorten to first letters (Sở KH&CN, BQL các KCN, Chi cục TĐC)."""

import re
from operator import itemgetter, or_

from .characters import clean, fold
from .names import tone_key

_LEFT_OUT = {"và", "các", "của"}
# Short forms that are not the first letters of every word.
_KNOWN = {
    "TĐC": "Tiêu chuẩn Đo lường Chất lượng", "TCĐLCL": "Tiêu chuẩn Đo lường Chất lượng",
    "QLTT": "Quản lý thị trường", "KHKT": "Khoa học kỹ thuật",
}  # fmt: skip
_COMMITTEE = re.compile(r"\b(?:u\.?b\.?n\.?d\.?|[uủ][ỷy]\s+ban\s+nhân\s+dân)(?=\s|$)", re.IGNORECASE)
_OF_PROVINCE = re.compile(r"(?<=\S)\s+tỉnh(?:\s+[^,&]+)?$", re.IGNORECASE)


def department_key(text):
    """First letters of a department's name, accent-free: one bucket for all its short forms.

    "Sở Khoa học và Công nghệ", "Sở KH&CN" and "SỞ KHCN" all give "skhcn". Different departments may
    share a bucket: `same_department` decides inside it.
    """
    return "".join(part if is_letter else part[0] for part, is_letter in _parts(text, fold_words=True))


def same_department(left, right):
    """Whether two written names can be one department: each word equal, or shortened to its first letter."""
    mine, theirs = _parts(left), _parts(right)
    return len(mine) == len(theirs) and all(
        (one == other) if not (short or other_short) else fold(one)[:1] == fold(other)[:1]
        for (one, short), (other, other_short) in zip(mine, theirs, strict=True)
    )


class Departments:
    """Many bodies, to be found by any way of writing their names: `find` answers as `same_department` with each.

    Names of one shape (how many words, and which of them are first letters) stand in one table for each shape that
    is asked for: a word that is shortened on either side counts by its first letter, the others as they are.
    """

    def __init__(self, bodies, *, name):
        self._shapes, self._tables = {}, {}
        for place, body in enumerate(bodies):
            words, shape = _shape(name(body))
            self._shapes.setdefault(shape, []).append((words, place, body))

    def find(self, text):
        """The bodies that the name can mean, in the order in which they were given."""
        words, shape = _shape(text)
        found = []
        for other in self._shapes:
            if len(other) == len(shape):
                short = tuple(map(or_, shape, other))
                found += self._table(other, short).get(_abridged(words, short), ())
        return [body for _place, body in sorted(found, key=itemgetter(0))]

    def _table(self, shape, short):
        if (shape, short) not in self._tables:
            table = self._tables[shape, short] = {}
            for words, place, body in self._shapes[shape]:
                table.setdefault(_abridged(words, short), []).append((place, body))
        return self._tables[shape, short]


def _shape(text):
    """The words of a name, and which of them are only first letters."""
    parts = _parts(text)
    return tuple(word for word, _short in parts), tuple(short for _word, short in parts)


def _abridged(words, short):
    return tuple(fold(word)[:1] if cut else word for word, cut in zip(words, short, strict=True))


def _parts(text, fold_words=False):
    """The name as (word, False) and (first letter, True), joining words and a closing "tỉnh …" left out."""
    text = clean(_COMMITTEE.sub("UBND", clean(text)))
    if not re.search(r"UBND(?: tỉnh)?$", text, re.IGNORECASE):
        text = _OF_PROVINCE.sub("", text)
    text = re.sub(r"(?i)(UBND) tỉnh\b.*$", r"\1", text)
    all_capitals = text == text.upper()
    parts = []
    for token in (piece.strip(".():;") for piece in re.split(r"[\s,–-]+", text)):
        if not token or token.casefold() in _LEFT_OUT or token == "&":
            continue
        words = _KNOWN.get(token.upper().replace("&", ""))
        if words:
            parts += [(word, False) for word in words.split()]
        elif _is_short(token, all_capitals):
            parts += [(letter, True) for letter in re.sub(r"[^\w]", "", token)]
        else:
            parts += [(word, False) for word in token.split("&") if word]
    return [
        (fold(part) if fold_words or is_letter else tone_key(part), is_letter)
        for part, is_letter in parts
        if fold(part)
    ]


def _is_short(token, all_capitals):
    """KH&CN, BVTV, PTNT: capitals without being a word; in a name all in capitals, one without a vowel."""
    if "&" in token and all(len(piece) <= 4 and piece == piece.upper() for piece in token.split("&")):
        return True
    if len(token) < 2 or token != token.upper() or not token.isalpha():
        return False
    return not all_capitals or not _SYLLABLE.fullmatch(tone_key(token).rstrip("12345"))


_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?[aăâeêioôơuưy]{1,3}(?:ng|nh|ch|[cmnpt])?"
)
