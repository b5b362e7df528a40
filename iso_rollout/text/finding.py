"""Finding: what somebody types into a search box, and the keys that it is compared with.

Keys are words without accents, of a–z and 0–9 only, each with a space on both sides: the beginning of a word is
found with one LIKE that needs no extension, and nothing that is typed can be a wildcard. "y" alone after a
consonant counts as "i" (Mỹ/Mĩ). Abbreviations, codes and words written as one stand in the key beside the name.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .characters import clean, fold, split_tone
from .departments import department_key
from .names import UNIT_TYPES, parse_unit_name

MOST_SIGNS = 200
MOST_WORDS = 12
MOST_LETTERS = 12
# Words that a name may lack: "Sở Khoa học Công nghệ".
JOINING = frozenset({"va", "cac", "cua"})
# Short forms of units → full words, accent-free. A single letter counts only when a word follows it.
TYPES = {
    fold(short): fold(words)
    for words, shorts, _level in UNIT_TYPES.values()
    for short in shorts
    if "." not in short
}
_FULL_TYPES = [words.split() for words in TYPES.values()]
COMMITTEE = ("uy", "ban", "nhan", "dan")
# Short forms that are not the first letters of the name.
_KNOWN = {"tdc": "tcdlcl"}
_DOTTED = re.compile(r"\b([^\W\d_])\.(?=[^\W\d_](?:\b|\.))")
_Y_AS_I = re.compile(r"(?:qu|[^aeiouy]*)y")


def plain(word):
    """A folded word as keys have it: "my" and "mi" are one."""
    return f"{word[:-1]}i" if _Y_AS_I.fullmatch(word) else word


def find_words(text):
    """The words of a text as keys have them."""
    return [plain(word) for word in _folded(text).split()]


# Ranking folds the same names again and again while somebody types.
_folded = lru_cache(maxsize=4_000)(fold)


def text_key(*texts, codes=()):
    """The key of a record: its words, each once, and its codes written as one."""
    words = [word for text in (*texts, *codes) for word in find_words(text)]
    return _joined([*words, *(fold(code).replace(" ", "") for code in codes)])


def name_key(name, code):
    """The key of an agency: words, short and full forms of its type, first letters of a department, its code."""
    words, unit = find_words(name), parse_unit_name(name)
    more = []
    if "ubnd" in words:
        more += COMMITTEE
    elif set(COMMITTEE) <= set(words):
        more.append("ubnd")
    if unit.is_unit:
        full = UNIT_TYPES[unit.kind][0]
        more += [
            *find_words(full),
            *(short for short, words in TYPES.items() if words == fold(full) and short[1:]),
        ]
        proper = find_words(unit.proper)
        more += ["".join(proper), "".join(word[0] for word in proper)] if len(proper) > 1 else []
    else:
        letters = department_key(name)[:MOST_LETTERS]
        more += [letters[i:] for i in range(len(letters) - 1)]
    more += [word.lstrip("0") for word in words if word.isdigit()]
    return _joined([*words, *fold(code).split(), fold(code).replace(" ", ""), *more])


def _joined(words):
    found = " ".join(dict.fromkeys(word for word in words if word))
    return f" {found} " if found else ""


@dataclass(frozen=True)
class Word:
    """One typed word: as it was typed, as keys have it, and the pieces of a key of which one must be there."""

    typed: str
    plain: str
    pieces: tuple

    @property
    def is_joining(self):
        return self.plain in JOINING


class Query:
    """What somebody typed. Never raises: what is no word is passed over, what is too long is cut."""

    def __init__(self, text):
        text = clean(text or "")
        self.text, self.is_cut = text[:MOST_SIGNS], len(text) > MOST_SIGNS
        typed = re.findall(r"[^\W_]+", _DOTTED.sub(r"\1", self.text).casefold())
        pairs = [(token, word) for token in typed for word in fold(token).split()][:MOST_WORDS]
        self.words = [
            Word(token, plain(word), _pieces(word, is_last=i == len(pairs) - 1))
            for i, (token, word) in enumerate(pairs)
        ]

    def __bool__(self):
        return bool(self.words)

    @cached_property
    def needed(self):
        """The words that must be found: joining words only when there is little else."""
        others = [word for word in self.words if not word.is_joining]
        return others if len(others) > 1 else self.words

    @cached_property
    def proper(self):
        """The needed words without "UBND" and the type of unit before them: somebody may err in the type."""
        words = [word.plain for word in self.words]
        at = 4 if tuple(words[:4]) == COMMITTEE else 1 if words[:1] == ["ubnd"] else 0
        if len(words) > at + 1 and words[at] in TYPES:
            at += 1
        else:
            at += max((len(full) for full in _FULL_TYPES if words[at : at + len(full)] == full), default=0)
        return [word for word in self.words[at:] if not word.is_joining] or self.needed

    @cached_property
    def form(self):
        """The plain words with short types written out and without "UBND": "tx my hao" → thi xa mi hao."""
        return written_out([word.plain for word in self.words])

    @cached_property
    def phrase(self):
        return " ".join(word.plain for word in self.words)

    @cached_property
    def whole(self):
        """All that was typed as one word: "lacdao", a code without its dots."""
        return fold(self.text).replace(" ", "")


def _pieces(word, is_last):
    if any(char.isdigit() for char in word):
        # A part of a code may stand anywhere in it; a number in a name stands by itself.
        number = word.lstrip("0")
        return (word, *([f" {number} "] if number != word and number and len(word) < 3 else []))
    options = [plain(word), *([word] if is_last else []), *([_KNOWN[word]] if word in _KNOWN else [])]
    return tuple(dict.fromkeys(f" {option}" for option in options))


def written_out(words):
    """Plain words with the type of a unit in full and "UBND" left out."""
    words = list(words)
    if tuple(words[:4]) == COMMITTEE:
        words = words[4:]
    elif words[:1] == ["ubnd"]:
        words = words[1:]
    if len(words) > 1 and words[0] in TYPES:
        words = [*TYPES[words[0]].split(), *words[1:]]
    return words


# Ranking ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """How well a name fits what was typed; smaller is better."""

    tier: int  # 0 the whole name, 1 its beginning, 2 a part of it, 3 its words in another order, 4 less than that
    is_partial: bool
    misfit: int  # 0 the type that was typed, 1 none was typed, 2 another
    accents: int  # the more typed accents agree, the smaller

    @property
    def key(self):
        return self.tier, self.is_partial, self.misfit, self.accents


def fit(query, name, code=""):
    """How well an agency's name (or another text) fits."""
    unit = parse_unit_name(name)
    words = written_out(find_words(name))
    kind = find_words(UNIT_TYPES[unit.kind][0]) if unit.is_unit else []
    typed = query.form
    tier, partial = _place(typed, words, kind)
    if code and query.whole and len(query.whole) > 1:
        whole = _folded(code).replace(" ", "")
        if whole == query.whole:
            tier, partial = 0, False
        elif whole.startswith(query.whole):
            tier, partial = min((tier, partial), (1, True))
    typed_type = max(
        (t for t in _FULL_TYPES if typed[: len(t)] == t and len(typed) > len(t)), key=len, default=None
    )
    misfit = 1 if typed_type is None else 0 if typed_type == kind else 2
    return Fit(tier, partial, misfit, -_agreeing(query, name))


def _place(typed, words, kind):
    """Where the typed words stand in the name: (tier, whether one is only begun or shortened)."""
    typed = [word for word in typed if word not in JOINING] or typed
    words = [word for word in words if word not in JOINING] or words
    starts = [0, *([len(kind)] if kind and words[: len(kind)] == kind else [])]
    best = (3, False) if set(typed) <= set(words) else (4, False)
    for start in range(len(words)):
        end, partial = _consume(typed, words, start)
        if end is None:
            continue
        is_whole = start in starts and (end == len(words) or words[end:] == ["tinh"])
        tier = 0 if is_whole and not partial else 1 if start in starts else 2
        best = min(best, (tier, partial))
    return best


def _consume(typed, words, at):
    """Read the name from a place on: each typed word is a word, begins one, or shortens several to first letters."""
    partial = False
    for word in typed:
        letters = _KNOWN.get(word, word)
        if at < len(words) and words[at] == word:
            at += 1
        elif len(letters) > 1 and (run := _shortened(letters, words, at)):
            at += run
        elif at < len(words) and words[at].startswith(word):
            at, partial = at + 1, True
        else:
            return None, False
    return at, partial


def _shortened(letters, words, at):
    """How many words from a place on the first letters stand for; 0 when they do not."""
    rest = letters
    for taken, word in enumerate(words[at:], 1):
        if rest.startswith("ubnd") and word == "ubnd":
            rest = rest[4:]
        elif word[0] == rest[0]:
            rest = rest[1:]
        else:
            return 0
        if not rest:
            return taken
    return 0


def _agreeing(query, name):
    """How many of the typed accents agree with the name, less those that do not."""
    there = {}
    for syllable in re.findall(r"[^\W_]+", clean(name).casefold()):
        key, *heard = _heard(syllable)
        there.setdefault(key, []).append(heard)
    points = 0
    for word in query.words:
        _key, letters, tone = _heard(word.typed)
        if word.typed.isascii() or word.plain not in there:
            continue
        same = any(letters == other and tone in (0, other_tone) for other, other_tone in there[word.plain])
        points += 1 if same else -1
    return points


@lru_cache(maxsize=20_000)
def _heard(syllable):
    """A syllable as keys have it, its letters, and its tone wherever the mark stands; Mỹ and Mĩ are one."""
    letters, tone = split_tone(syllable)
    folded = fold(syllable)
    if _Y_AS_I.fullmatch(folded):
        letters = f"{letters[:-1]}i"
    return plain(folded), letters, tone


# Slips of the hand --------------------------------------------------------------------------------

_TELEX = (("dd", "d"), ("aa", "a"), ("ee", "e"), ("oo", "o"), ("w", ""))


def without_telex(text):
    """Text typed while the Vietnamese keyboard was off: "xax lacj ddaoj" → "xa lac dao"."""
    words = []
    for word in fold(text).split():
        if word.isalpha() and len(word) > 2:
            for typed, letter in _TELEX:
                word = word.replace(typed, letter)
            word = re.sub(r"(?<=[a-z])[sfrxj]$|(?<=[aeiouy])[sfrxj](?=(?:ng|nh|ch|[cmnpt])$)", "", word)
        words.append(word)
    return " ".join(words)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def one_slip(word):
    """Every spelling that is one slip of the hand away: a letter more, less, other, or two swapped."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return {
        *(head + tail[1:] for head, tail in cuts if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS),
        *(head + letter + tail for head, tail in cuts for letter in _LETTERS),
    }


def nearly(query, keys):
    """Records whose key has each typed word but for a slip of the hand: {record: slips}, two slips at most.

    `keys` are (record, key) pairs. Short words and numbers must be there as they were typed.
    """
    # The words of "ủy ban nhân dân" stand in nearly every key: nobody means them by something else.
    known = set("".join(key for _record, key in keys).split()).difference(COMMITTEE)
    near = []
    for word in query.needed:
        slipped = word.plain.isalpha() and len(word.plain) > 2
        near.append(
            (word.pieces, [f" {other} " for other in one_slip(word.plain) & known] if slipped else [])
        )
    hits = {}
    for record, key in keys:
        total = 0
        for pieces, others in near:
            if any(piece in key for piece in pieces):
                continue
            total += 1
            if total > 2 or not any(other in key for other in others):
                break
        else:
            hits[record] = total
    return hits
