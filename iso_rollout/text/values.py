"""Values: dates, numbers, decisions, marks, standards, levels and forms as offices write them.

Each `parse_…` returns the value, None where the cell says "nothing", or raises `Unreadable`.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import NamedTuple

from .characters import clean, fold

EARLIEST = date(2000, 1, 1)  # no state agency in Vietnam declared a system before
NOTHING = {"", "-", "–", "—", "không", "khong", "chưa", "chua", "chưa có", "không có", "/"}


def is_nothing(value):
    """Whether a cell is empty or says so: "-", "chưa có"."""
    return value is None or (isinstance(value, str) and clean(value).casefold() in NOTHING)


class Unreadable(ValueError):
    """A cell that does not say what its column asks for; `message` is English with %(name)s params."""

    def __init__(self, message, **params):
        self.message, self.params = message, params
        super().__init__(message % params if params else message)


class When(NamedTuple):
    """A date and how exactly it was written: "day", "month", "quarter" or "year"."""

    date: date
    precision: str


class Decision(NamedTuple):
    """A document's number as written, without spaces; its date where the same cell holds one.

    `others`: further decisions that the cell names, in one text.
    """

    number: str
    date: date | None
    others: str = ""


_NUMERIC_DATE = r"(?P<d>[0-9]{1,2})\s*([/.-])\s*(?P<m>[0-9]{1,2})\s*[/.-]\s*(?P<y>[0-9]{1,4})"
_WORD_DATE = r"(?:ngày\s*)?(?P<d>[0-9]{1,2})\s*tháng\s*(?P<m>[0-9]{1,2})\s*năm\s*(?P<y>[0-9]{1,4})"
_ISO_DATE = r"(?P<y>[0-9]{4})\s*[/.-]\s*(?P<m>[0-9]{1,2})\s*[/.-]\s*(?P<d>[0-9]{1,2})"
_CLOCK = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\s*[AP]M)?)?"
_DAY = [
    re.compile(rf"(?:ngày\s*)?{pattern}{_CLOCK}", re.IGNORECASE)
    for pattern in (_ISO_DATE, _NUMERIC_DATE, _WORD_DATE)
]
_MONTH = re.compile(r"(?:tháng\s*)?(?P<m>[0-9]{1,2})\s*(?:[/.-]|năm)\s*(?P<y>[0-9]{4})", re.IGNORECASE)
_QUARTER = re.compile(
    r"(?:quý|q\.?)\s*(?P<q>IV|I{1,3}|[1-4])\s*(?:[/.,-]|năm)?\s*(?:năm\s*)?(?P<y>[0-9]{4})", re.IGNORECASE
)
_YEAR = re.compile(r"(?:năm\s*)?(?P<y>[0-9]{4})", re.IGNORECASE)
_DAY_INSIDE = re.compile(
    r"(?<![0-9/.-])(?:"
    + "|".join(re.sub(r"\?P<\w>", "?:", p) for p in (_ISO_DATE, _NUMERIC_DATE, _WORD_DATE))
    + r")(?![0-9/])",
    re.IGNORECASE,
)


def parse_date(value, *, epoch_1904=False, earliest=EARLIEST, latest=None):
    """A cell → `When`, or None when it is empty.

    `value`: text, a date, a datetime or a serial number (1900 system unless `epoch_1904`).
    `latest`: the last day allowed, usually today; None allows the future.
    A clock time in a text or datetime is dropped, never shifted. Raises `Unreadable`.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        when = When(value.date(), "day")
    elif isinstance(value, date):
        when = When(value, "day")
    elif isinstance(value, bool):
        raise Unreadable("“%(value)s” is not a date", value=value)
    elif isinstance(value, (int, float)):
        when = _from_serial(value, epoch_1904)
    else:
        text = clean(str(value)).strip(" ().,;'")
        if text.casefold() in NOTHING:
            return None
        when = _from_text(text)
    if when.date < earliest:
        raise Unreadable("%(value)s is before %(earliest)s", value=_dmy(when.date), earliest=_dmy(earliest))
    if latest is not None and when.date > latest:
        raise Unreadable("%(value)s is in the future", value=_dmy(when.date))
    return when


def _dmy(day):
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def _from_serial(number, epoch_1904):
    if number != number or not float(number).is_integer():  # noqa: PLR0124 (NaN is unequal to itself)
        raise Unreadable("“%(value)s” is not a date", value=number)
    if 1900 <= number <= 2100:
        return When(date(int(number), 1, 1), "year")
    try:
        return When(
            (date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)) + timedelta(days=int(number)), "day"
        )
    except OverflowError:
        raise Unreadable("“%(value)s” is not a date", value=int(number)) from None


def _from_text(text):
    for pattern in _DAY:
        if match := pattern.fullmatch(text):
            if len(match["y"]) != 4:
                raise Unreadable("“%(value)s”: write the year with four digits", value=text)
            return When(_real_date(match["y"], match["m"], match["d"], text), "day")
    if match := _MONTH.fullmatch(text):
        return When(_real_date(match["y"], match["m"], 1, text), "month")
    if match := _QUARTER.fullmatch(text):
        quarter = {"I": 1, "II": 2, "III": 3, "IV": 4}.get(match["q"].upper()) or int(match["q"])
        return When(_real_date(match["y"], quarter * 3 - 2, 1, text), "quarter")
    if match := _YEAR.fullmatch(text):
        return When(_real_date(match["y"], 1, 1, text), "year")
    if re.fullmatch(r"[0-9]{5}", text):  # a serial number that was turned into text
        return _from_serial(int(text), False)
    raise Unreadable("“%(value)s” is not a date (dd/mm/yyyy)", value=text)


def _real_date(year, month, day, text):
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable("“%(value)s” is not a real date (dd/mm/yyyy)", value=text) from None


_UNIT_WORDS = "tthc|thủ tục hành chính|thủ tục|đơn vị|cơ quan|hồ sơ|quy trình|lĩnh vực|xã|phường|văn bản|cuộc|lượt|người"
_WHOLE = re.compile(
    rf"'?(?P<whole>[0-9]{{1,3}}(?:[. ][0-9]{{3}})+|[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:[.,](?P<part>0+))?"
    rf"(?:\s*(?:{_UNIT_WORDS}))?",
    re.IGNORECASE,
)


def parse_whole_number(value, *, low=0, high=100_000):
    """A cell → whole number, or None. `1.234` is 1234, `40,0` is 40, "12 TTHC" is 12; fractions are refused."""
    if value is None:
        return None
    number = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) < 1e15 and float(value).is_integer():
            number = int(value)
    elif isinstance(value, str):
        text = clean(value)
        if text.casefold() in ("không", "khong"):
            return 0
        if text.casefold() in NOTHING:
            return None
        # [0-9] and not \d: digits of other scripts are somebody's slip, not a number we may guess.
        # Three decimals of zeros are a group of thousands, which the pattern tries first.
        if match := _WHOLE.fullmatch(text):
            number = int(re.sub(r"[., ]", "", match["whole"]))
    if number is None or not low <= number <= high:
        raise Unreadable(
            "“%(value)s” is not a whole number from %(low)s to %(high)s", value=value, low=low, high=high
        )
    return number


_DOCUMENT_NUMBER = re.compile(
    r"[0-9]+\s*[A-Za-zĐđ]?(?:\s*/\s*[0-9]{4})?\s*/\s*[A-Za-zĐđ][\w&.]*(?:\s*[-–]\s*[A-Za-zĐđ][\w&.]*)*"
)
_BARE_NUMBER = re.compile(r"[0-9]+/[A-ZĐ]+(?:-[A-ZĐ]+)*")  # the common case, for long lists
_WORDS_BEFORE = re.compile(
    r"^(?:(?:theo|quyết định|công văn|văn bản|q\.?đ|c\.?v|số|ký hiệu)\b[\s:.]*)+(?=[^\s/-])", re.IGNORECASE
)


def parse_decision(value):
    """ "Số 123/QĐ-UBND ngày 4/10/2019" → Decision("123/QĐ-UBND", date(2019, 10, 4)); None when empty.

    The number stays as written (zeros in front too), without spaces and without the words before it.
    Raises `Unreadable` when the cell holds something like a date that is none.
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = clean(str(value))
    if len(text) > 1_000:  # no decision, and the patterns below are not made for it
        raise Unreadable("“%(value)s” is too long for a decision", value=text[:40] + "…")
    if _BARE_NUMBER.fullmatch(text):
        return Decision(text, None)
    if text.casefold() in NOTHING or text.casefold().startswith("chưa"):
        return None
    found = _DOCUMENT_NUMBER.search(text)
    if found:
        # "45/QĐ-UBND-ngày…": the sign ends where the date begins.
        number = re.split(r"[-–]\s*ngày\b", found[0], flags=re.IGNORECASE)[0]
        rest = text[found.end() :]
    elif not (dated := _DAY_INSIDE.search(text)):
        number, rest = _WORDS_BEFORE.sub("", text), ""
    else:
        number, rest = _WORDS_BEFORE.sub("", text[: dated.start()]), text[dated.start() :]
        number = re.sub(r"[\s,;(]*(?:ngày)?[\s,;(]*$", "", number)
    if not re.search("[0-9]", number):
        return Decision(number, _date_inside(rest))
    others = ", ".join(
        other[0] for other in _DOCUMENT_NUMBER.finditer(rest) if re.search("/ ?Q[ĐD]", other[0])
    )
    number = re.sub(r"\s+", "", number).replace("–", "-").strip(".,;:")
    return Decision(number, _date_inside(rest), others)


def _date_inside(text):
    match = _DAY_INSIDE.search(text)
    if match:
        return _from_text(match[0].strip()).date
    if re.search(r"[0-9]", re.sub(r"\(.*?\)", "", text)) and re.search(r"ngày|[0-9]\s*[/.-]\s*[0-9]", text):
        raise Unreadable("“%(value)s” is not a real date (dd/mm/yyyy)", value=text.strip(" ,;()"))
    return None


def parse_year(value):
    """ "2021", "Năm 2021", a date of it → 2021; None when empty."""
    if isinstance(value, date):
        return value.year
    text = clean(str(int(value) if isinstance(value, float) and value.is_integer() else value or ""))
    if text.casefold() in NOTHING:
        return None
    match = re.fullmatch(r"(?:(?:trong|đến|hết)?\s*năm\s*)?(20[0-9]{2})\.?", text, re.IGNORECASE)
    if not match:
        raise Unreadable("“%(value)s” is not a year (such as 2021)", value=text)
    return int(match[1])


_UNTIL = re.compile(
    r"^(?:(?:hoàn thành|xong|trước|đến|hết|trong|cuối|chậm nhất|muộn nhất|là)\s+)+(?=[0-9]|ngày|tháng|quý|q|năm)",
    re.IGNORECASE,
)


def term(text):
    """What a term says of its day: "Trước ngày 30/6/2021" → "ngày 30/6/2021"."""
    return _UNTIL.sub("", clean(text))


def last_day(when):
    """The last day that a vague date covers: "12/2021" ends on 31/12/2021."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(when.precision)
    if months is None:
        return when.date
    year, month = divmod(when.date.year * 12 + when.date.month - 1 + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


MARKS = {"x", "×", "✓", "✔", "√", "☑", "☒", "v", "có", "co", "yes", "1", "+", "đúng", "*", "xx"}
NO_MARKS = NOTHING | {"0", "no", "sai", "☐"}


def parse_mark(value):
    """x, X, ✓, có … → True; empty, -, không, 0 → False. Raises `Unreadable` for anything else."""
    if value is None or value is False:
        return False
    if value is True:
        return True
    text = clean(str(int(value) if isinstance(value, float) and value.is_integer() else value)).casefold()
    if text in MARKS:
        return True
    if text in NO_MARKS:
        return False
    raise Unreadable("“%(value)s” is not a mark (x, or empty)", value=value)


def parse_standard(value):
    """ "TCVN ISO 9001:2015", "9001-2008", "2015" → the year of the standard; None where none is named."""
    if value is None:
        return None
    text = clean(str(int(value) if isinstance(value, float) and value.is_integer() else value))
    if text.casefold() in NOTHING or text.casefold().startswith("chưa"):
        return None
    years = set(re.findall(r"(?<![0-9])(20[0-9]{2})(?![0-9])", re.sub(r"(?<![0-9])9001(?![0-9])", " ", text)))
    if len(years) != 1:
        raise Unreadable("“%(value)s” does not name one version of the standard (such as 2015)", value=text)
    return int(years.pop())


LEVELS = {
    "province": ("tinh", "so", "chi cuc", "ban", "so ban nganh", "thanh pho truc thuoc trung uong", "nganh"),
    "district": ("huyen", "thi xa", "thanh pho", "quan", "tx", "tp"),
    "commune": ("xa", "phuong", "thi tran", "tt", "dac khu", "co so"),
}
_LEVEL_WORDS = {word: level for level, words in LEVELS.items() for word in words}


def parse_level(value):
    """ "Cấp tỉnh", "Huyện", "Thị trấn" … → "province", "district" or "commune"; None when empty."""
    if value is None or clean(str(value)).casefold() in NOTHING:
        return None
    words = re.sub(r"^(?:ubnd )?cap ", "", fold(str(value))).removeprefix("ubnd ")
    if words in _LEVEL_WORDS:
        return _LEVEL_WORDS[words]
    # "Xã, phường, thị trấn" or "Sở, ban, ngành": every word of the list must be of one level.
    levels = {_LEVEL_WORDS.get(fold(part)) for part in re.split(r"[,/;]|\bvà\b", str(value).casefold())}
    if len(levels) == 1 and None not in levels:
        return levels.pop()
    raise Unreadable("“%(value)s” is not a level (Tỉnh, Huyện, Xã)", value=value)


FORMS = {
    "BUILD": ("xay dung", "xd moi", "xdm", "xay moi", "moi"),
    "CONVERT": ("chuyen doi", "nang cap", "cd"),
    "EXTEND": ("mo rong", "dieu chinh"),
    "E_ISO": ("dien tu", "e iso", "eiso"),
}


def parse_form(value):
    """ "Xây dựng mới", "chuyển đổi 2008→2015" … → BUILD, CONVERT, EXTEND, E_ISO; None when empty."""
    if value is None or clean(str(value)).casefold() in NOTHING:
        return None
    text = f" {fold(str(value))} "
    found = [form for form, words in FORMS.items() if any(f" {word} " in text for word in words)]
    if "E_ISO" in found:  # "Xây dựng mới ISO điện tử" is electronic before it is new
        found = ["E_ISO"]
    if len(found) != 1:
        raise Unreadable(
            "“%(value)s” is not a form (Xây dựng mới, Chuyển đổi, Mở rộng, ISO điện tử)", value=value
        )
    return found[0]


_CODE = re.compile(r"[A-Z0-9][A-Z0-9._/-]*")


def parse_code(value, *, number_format=None):
    """A code cell → upper case text of A-Z 0-9 . _ / -, or None.

    A number cell keeps the zeros of its format ("00000" makes 350 "00350"). Dates, booleans, fractions
    and numbers beyond the 15 digits that a spreadsheet keeps exactly are refused. Source: contract, item 6.
    """
    if value is None:
        return None
    if isinstance(value, (bool, date)):
        raise Unreadable("“%(value)s” is not a code; format the column as text", value=value)
    if isinstance(value, (int, float)):
        if not float(value).is_integer() or abs(value) >= 1e15 or value < 0:
            raise Unreadable("the number %(value)s cannot be a code; format the column as text", value=value)
        return str(int(value)).zfill(len(number_format) if number_format else 0)
    text = clean(unicodedata.normalize("NFKC", value)).upper().lstrip("'")
    if not text:
        return None
    if not _CODE.fullmatch(text):
        raise Unreadable("“%(value)s” is not a code (letters A–Z, digits and . _ / - only)", value=value)
    return text


_PROCEDURE = re.compile(
    r"(?P<code>[1-9]\.[0-9]{6})(?:\.[0-9]{3}\.[0-9]{2}\.[0-9]{2})?(?:\.[A-Y][0-9]{2}(?:\.[0-9]+)*)?(?:\.[0-9]{2})?"
)


def parse_procedure_code(value):
    """A procedure's national code, "1.000120"; the local tail ("….000.00.00.H31") is left out.

    Excel turns 1.000120 into the number 1.00012: six decimals bring it back.
    """
    if isinstance(value, float) and 1 <= value < 10 and not isinstance(value, bool):
        value = f"{value:.6f}"
    text = parse_code(value if value is None or isinstance(value, (str, bool, date)) else str(value))
    if text is None:
        return None
    match = _PROCEDURE.fullmatch(text)
    if not match:
        raise Unreadable("“%(value)s” is not a procedure code (such as 1.000120)", value=value)
    return match["code"]
