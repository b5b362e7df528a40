"""The dictionaries of people, agencies and history in Django's administration."""

from . import agencies, history, people
from .recorded import NamesChoices, ReadOnlyAdmin, RecordedAdmin, RecordedForm

__all__ = ["NamesChoices", "ReadOnlyAdmin", "RecordedAdmin", "RecordedForm", "agencies", "history", "people"]
