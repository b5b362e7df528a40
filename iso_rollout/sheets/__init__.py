"""An untidy workbook → clean rows that remember their cells. Knows no app.

The names are loaded when asked for: the child process that parses a file must start in milliseconds.
"""

from importlib import import_module

_HOME = {
    "read": "reading", "Reading": "reading", "Row": "tables", "Overrides": "overrides", "Problem": "problems",
    "Field": "kinds", "Kind": "kinds",
}  # fmt: skip
__all__ = ["Field", "Kind", "Overrides", "Problem", "Reading", "Row", "read"]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
