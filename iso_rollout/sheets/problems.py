"""Problems: what is wrong or worth knowing, with its sheet and cell; the words are made when they are shown."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One error or warning.

    `cell` is "B3", a range "B3:C3", "line 4" in a csv, "header" or "file"; `column` the title of its column.
    `message` is an English message id with %(name)s params, translated by `str()` in the active language.
    """

    code: str
    message: str
    sheet: str | None = None
    cell: str = "file"
    column: str = ""
    params: dict = field(default_factory=dict)

    def __str__(self):
        params = {
            name: translate(value) if name in TRANSLATED else value for name, value in self.params.items()
        }
        return translate(self.message) % params if params else translate(self.message)


# Params that are message ids themselves.
TRANSLATED = {"problem", "advice"}


def translate(message):
    """A message id in the active language; English where Django is not set up (the parsing child, a bare test)."""
    if isinstance(message, Reason):
        return str(message)
    try:
        from django.conf import settings
        from django.utils.translation import gettext
    except ImportError:
        return message
    return gettext(message) if settings.configured else message


class Reason:
    """Why a row was taken for what it is: a message id and its params, translated by `str()`."""

    __slots__ = ("message", "params")

    def __init__(self, message, **params):
        self.message, self.params = message, params

    def __str__(self):
        return translate(self.message) % self.params if self.params else translate(self.message)

    def __repr__(self):
        return f"Reason({str(self)!r})"

    def __eq__(self, other):
        return isinstance(other, Reason) and (self.message, self.params) == (other.message, other.params)

    __hash__ = None


class Refused(Exception):
    """The whole file is refused, before or while its container is opened."""

    def __init__(self, code, message, cell="file", **params):
        self.code, self.message, self.cell, self.params = code, message, cell, params
        super().__init__(code, message, cell, params)

    def as_problem(self):
        return Problem(self.code, self.message, cell=self.cell, params=self.params)
