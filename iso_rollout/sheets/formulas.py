"""Formulas: which may be read by their cached value, and which are refused."""

import re

CACHED, UNCACHED, ERROR, OUTSIDE = "cached", "uncached", "error", "outside"

# Functions and references that fetch something from outside the workbook, or open something.
_REACHES_OUT = re.compile(
    r"\b(?:HYPERLINK|WEBSERVICE|FILTERXML|ENCODEURL|IMPORT(?:XML|DATA|HTML|FEED|RANGE)|IMAGE|RTD|DDE|CALL|REGISTER(?:\.ID)?"
    r"|SQL\.REQUEST|CUBE\w+|STOCKHISTORY|EXEC|INFO)\s*\(|\[[^\]]*\][^!\]]*!|\w\|'?[^!]+'?!|(?:https?|file|ftp):|\\\\\w",
    re.IGNORECASE,
)

# What a spreadsheet takes for a formula when it opens a csv, behind any number of apostrophes of ours.
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text):
    """A text for a csv: an apostrophe keeps a spreadsheet from calculating it."""
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def unguarded(text):
    """A text from a csv, without the apostrophe of `guarded`."""
    return text[1:] if text.startswith("'") and _LIKE_A_FORMULA.match(text) else text


def formula_state(formula, *, has_value, is_error=False):
    """(state, formula): how the cell of a formula is to be treated."""
    if _REACHES_OUT.search(formula):
        return (OUTSIDE, formula)
    if is_error:
        return (ERROR, formula)
    return (CACHED if has_value else UNCACHED, formula)
