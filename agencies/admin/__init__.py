"""The dictionaries of people, agencies and history in Django's administration."""

from . import agencies, history, people
from .recorded import NamedRows, ReadOnlyAdmin, RecordedAdmin, RecordedForm

__all__ = ["NamedRows", "ReadOnlyAdmin", "RecordedAdmin", "RecordedForm", "agencies", "history", "people"]
