"""Legacy encodings: Vietnamese typed in TCVN3 (.VnTime) or VNI (VNI-Times) fonts, and mojibake.

Such text is stored as Latin letters that only look right in its font: "Uû ban nh©n d©n x·", "Uyû ban nhaân
daân xaõ". The judgement is made by syllables: a text is legacy when it holds words that cannot be Vietnamese
as they stand and become Vietnamese when decoded. So right text is never flagged. Source: `domain.md` §6.2 (10).
"""

import re
import unicodedata
from functools import lru_cache

from .characters import split_tone

TCVN3, VNI, MOJIBAKE = "TCVN3", "VNI", "UTF-8 read as Latin-1"

_TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬­®¯µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
        "ĂÂÊÔƠƯĐăâêôơưđẰàảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ",
        strict=True,
    )
)

# VNI writes a letter and then its marks as one more character.
_PLAIN_TONES = dict(zip("øûõùï", "\u0300\u0309\u0303\u0301\u0323", strict=True))
_VNI_MARKS = dict(_PLAIN_TONES)
_VNI_MARKS["â"], _VNI_MARKS["ê"] = "\u0302", "\u0306"
_VNI_MARKS |= {mark: "\u0302" + tone for mark, tone in zip("àåãáä", _PLAIN_TONES.values(), strict=True)}
_VNI_MARKS |= {mark: "\u0306" + tone for mark, tone in zip("èúüéë", _PLAIN_TONES.values(), strict=True)}
_VNI_BASES = {"ô": "ơ", "ö": "ư"}
_VNI_SINGLES = {"ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", **_VNI_BASES}
_VNI_PAIR = re.compile(r"([aeo])([âàåãáä])|(a)([êèúüéë])|([aeouyôö])([øûõùï])", re.IGNORECASE)

# Letters that only Unicode Vietnamese has: a text that holds one was not typed in a legacy font.
_UNICODE_ONLY = re.compile("[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9\u0300-\u0323]")
# Symbols where no legacy letter stands: a trade mark ("ABC®": đ only begins words), a unit ("5 µm").
_SYMBOLS = re.compile("®(?![^\\W\\d_])|(?<![^\\W\\d_])µ")
# Without one of these (or a VNI pair) an odd word is only a name of another language: "Ia Púch", "Ea Yông".
_NEVER_VIETNAMESE = re.compile("[\u00a1-\u00ff](?<![ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýÐð])")
_WORD = re.compile(r"[^\W\d_]+")
_LEGACY_WORD = re.compile("(?:[^\\W\\d_]|[\u00a1-\u00bf×÷])+")
_ONSET = "(?:ng(?!h)|ngh(?=[eêiy])|gh(?=[eêiy])|nh|ch|gi|kh|ph|qu|th|tr|g(?!h)|[bcdđhklmnprstvx])?"
_RHYMES = (
    "a|ai|ao|au|ay|âu|ây|e|eo|ê|êu|i|ia|iu|iêu|o|oa|oai|oao|oay|oe|oeo|oi|ô|ôi|ơ|ơi|u|ua|uây|uê|ui|uôi|uơ|uy|uya|uyu"
    "|ư|ưa|ưi|ưu|ươi|ươu|y|yêu|uêu|uâu|ya|yê"
    "|(?:[aăâeoôu]|iê|oa|oă|uô|ươ|ư)(?:ng|[cmnpt])|(?:[aêiy]|oa|uê|uy)(?:nh|ch)|(?:[êiơy]|oe|uy)[mnpt]"
    "|(?:uâ|oe)(?:ng|[nt])|uyê[nt]|yê(?:ng|[mnt])"
)
# The tone stands on the vowel before a final i, y, u, o ("hải"), never on that letter ("haỉ").
_TONE_AT_END = re.compile("(?<!q)[aăâeêoôơuư][íìỉĩị]|[aâ][ýỳỷỹỵ]|[aâeêiươ][úùủũụ]|[ae][óòỏõọ]")
_SYLLABLE = re.compile(f"{_ONSET}(?:{_RHYMES})")


@lru_cache(maxsize=20_000)
def is_vietnamese_syllable(word):
    """Whether a word could be one Vietnamese syllable, or an abbreviation such as "QĐ"."""
    word = word.replace("\u00d0", "Đ").replace("\u00f0", "đ")  # the look-alikes that `clean` repairs
    if re.fullmatch("[A-ZĐ]{1,10}", word):
        return True
    if _TONE_AT_END.search(unicodedata.normalize("NFC", word.casefold())):
        return False
    plain, _ = split_tone(word.casefold())
    return bool(_SYLLABLE.fullmatch(plain))


def is_legacy_font(font):
    """The encoding a font name asks for: ".VnTimeH" → TCVN3, "VNI-Times" → VNI, else None."""
    name = (font or "").casefold()
    if name.startswith(".vn"):
        return TCVN3
    return VNI if name.startswith("vni") else None


def detect(text, font=None):
    """The legacy encoding of one text, or None. `font`: the name of the font it stands in, when known."""
    if text.isascii() or _UNICODE_ONLY.search(unicodedata.normalize("NFC", text)):
        return None
    before = _odd_words(_LEGACY_WORD.findall(text))
    by_font = is_legacy_font(font)
    if by_font:
        decoded = convert(text, by_font)
        if decoded != text and _odd_words(_WORD.findall(decoded)) <= before:
            # Not every text shows it ("La Sôn" is a name in both): the font decides, unless decoding makes it worse.
            return by_font
    if not before or _SYMBOLS.search(text) or not (_NEVER_VIETNAMESE.search(text) or _VNI_PAIR.search(text)):
        return None
    best = min((_oddness_after(text, encoding), encoding) for encoding in _preference(text))
    # One word in four may stay odd: a foreign name, a slip of the typist.
    return best[1] if best[0][0] * 4 <= before else None


def _preference(text):
    """The encodings, likeliest first: only TCVN3 uses symbols as letters, only VNI writes marks behind vowels."""
    if re.search("[\u00a1-\u00bf]", text):
        return MOJIBAKE, TCVN3, VNI
    return MOJIBAKE, VNI, TCVN3


def _oddness_after(text, encoding):
    """How wrong a text is once decoded: odd words and symbols left inside words; worse than all when unchanged."""
    decoded = convert(text, encoding)
    if decoded == text:
        return (len(text) + 1, 0)
    left_over = len(re.findall("[^\\W\\d_][\u00a1-\u00bf]|[\u00a1-\u00bf][^\\W\\d_]", decoded))
    return (_odd_words(_WORD.findall(decoded)) + left_over, _preference(text).index(encoding))


def could_be(text, encoding):
    """Whether a text that does not show its encoding reads well in one: asked where its neighbours do show."""
    if text.isascii() or _UNICODE_ONLY.search(unicodedata.normalize("NFC", text)):
        return False
    decoded = convert(text, encoding)
    return decoded != text and not _odd_words(_WORD.findall(decoded))


def convert(text, encoding):
    """Text of a legacy encoding in Unicode. Text that is not of that encoding comes back unchanged or odd."""
    if encoding == TCVN3:
        return _match_case(text, "".join(_TCVN3.get(char, char) for char in text))
    if encoding == VNI:
        return _match_case(text, _from_vni(text))
    return _from_mojibake(text)


def _odd_words(words):
    return sum(
        not word.isascii() and any(map(str.isalpha, word)) and not is_vietnamese_syllable(word)
        for word in words
    )


def _from_vni(text):
    def pair(match):
        base, mark = (group for group in match.groups() if group)
        lower = _VNI_BASES.get(base.lower(), base.lower())
        letter = unicodedata.normalize("NFC", lower + _VNI_MARKS[mark.lower()])
        return letter.upper() if base.isupper() else letter

    pieces, end = [], 0
    for match in _VNI_PAIR.finditer(text):
        pieces += [_vni_singles(text[end : match.start()]), pair(match)]
        end = match.end()
    return "".join(pieces) + _vni_singles(text[end:])


def _vni_singles(text):
    return "".join(
        single.upper() if char.isupper() else single
        for char in text
        for single in [_VNI_SINGLES.get(char.lower(), char.lower())]
    )


def _match_case(before, after):
    """TCVN3 has no capitals with tones ("TØNH"): a text whose plain letters are all capitals becomes all capitals."""
    letters = re.findall("[A-Za-z]", before)
    # Two words of one capital each ("Vò X¸") are a name, not a heading: ask for a run of capitals.
    if letters and "".join(letters).isupper() and re.search("[A-Z]{2}", before):
        return after.upper()
    # The same within one word: "UBND TØNH Hµ Nam".
    return re.sub(
        r"[^\W\d_]+",
        lambda m: m[0].upper() if re.search("[A-Z]{2}", m[0]) and not re.search("[a-z]", m[0]) else m[0],
        after,
    )


def _from_mojibake(text):
    data = bytearray()
    for char in text:
        try:
            data += char.encode("cp1252")
        except UnicodeEncodeError:
            if ord(char) > 255:
                return text
            data.append(ord(char))  # the five bytes that cp1252 leaves undefined
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return text


def is_unicode_only(text):
    """Whether a text holds letters that no legacy font can have: its font does not tell its encoding."""
    return not text.isascii() and bool(_UNICODE_ONLY.search(unicodedata.normalize("NFC", text)))
