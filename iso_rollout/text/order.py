"""Order: Vietnamese alphabetical order as a plain text key, the same under any collation."""

import re
import unicodedata

from .characters import clean, split_tone

# A letter is always followed by a digit, so that no collation finds a digraph ("ch", "aa") in a key.
_LETTERS = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
_LETTERS |= {letter: letter + "0" for letter in "abcdefghijklmnopqrstuvwxyz"}
_END, _SPACE = (
    "00",
    "01",
)  # the end of a text sorts before a space, a space before digits, digits before letters


def vietnamese_sort_key(text):
    """Key whose ORDER BY gives a ă â b c d đ e ê …, tones as the second criterion, numbers by value.

    Only 0-9 and a-z occur, so SQLite and PostgreSQL sort it alike whatever their collation.
    """
    letters, tones = [], []
    for word in re.findall(r"[0-9]+|[^\W\d_]+", clean(text).casefold()):
        if word[0].isdigit() and word.isascii():
            number = word.lstrip("0") or "0"
            letters.append(f"1{len(number):02d}{number}")
            continue
        plain, tone = split_tone(word)
        letters.append("".join(_letter(char) for char in plain))
        tones.append(str(tone))
    return _SPACE.join(letters) + _END + "".join(tones)


def _letter(char):
    if char in _LETTERS:
        return _LETTERS[char]
    base = unicodedata.normalize("NFKD", char)[0]
    return _LETTERS.get(base, f"z9{ord(char)}")
