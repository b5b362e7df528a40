"""Characters: what text is made of before anybody asks what it means.

Everything here is a pure function of one text. Source of the rules: the import contract, item 5.
"""

import re
import unicodedata

# U+00D0 and U+00F0 are Icelandic letters that Windows fonts draw exactly like the Vietnamese ones.
_LOOK_ALIKES = str.maketrans({"\u00d0": "\u0110", "\u00f0": "\u0111"})
# Zero-width characters, the byte order mark and the soft hyphen: invisible, so nobody meant to type them.
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200d\u2060-\u2064\ufeff]")
# Control and bidirectional characters hide or reorder what a reader sees; PostgreSQL refuses U+0000.
_BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd-\uffff]"
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng


def clean(text):
    """Text as it is stored: NFC, single spaces, nothing invisible, Đ as U+0110.

    Legacy encodings must be looked for first (`text.legacy`): TCVN3 writes "ư" as the soft hyphen.
    """
    if text.isascii():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    if "\u00d0" in text or "\u00f0" in text:
        text = text.translate(_LOOK_ALIKES)
    # Of the invisible characters only U+034F counts as printable; most texts need no search.
    if not text.isprintable() or "\u034f" in text:
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def find_bad_characters(text):
    """Characters that are refused, as "U+0000" and so on, each once, in order of appearance."""
    if text.isprintable():
        return []
    return list(dict.fromkeys(f"U+{ord(char):04X}" for char in _BAD.findall(text)))


def storable(value):
    """Text, or lists and dictionaries of it, with U+FFFD for what a database refuses: U+0000 and halves of surrogate pairs."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(held) for key, held in value.items()}
    return [storable(held) for held in value] if isinstance(value, list | tuple) else value


def strip_accents(text):
    """Letters without any mark: đ → d, ộ → o. Case stays."""
    text = clean(text).replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def fold(text):
    """Text for searching and for headings: "LẠC ĐẠO" → "lac dao", "Số QĐ/ngày" → "so qd ngay"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", strip_accents(text).casefold()).split())


def split_tone(word):
    """One syllable → (the syllable without its tone, the tone 0 to 5).

    Where the mark stands does not matter: "Hòa" and "Hoà" both give ("hoa", 1).
    """
    tone, kept = 0, []
    for char in unicodedata.normalize("NFD", word):
        if char in TONES:
            tone = TONES[char]
        else:
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)), tone
