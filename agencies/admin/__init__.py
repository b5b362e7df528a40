"""The dictionaries of people, agencies and history in Django's administration."""

from . import agencies, history, people
<<<<<<< HEAD
from .recorded import NamesChoices, ReadOnlyAdmin, RecordedAdmin, RecordedForm

__all__ = ["NamesChoices", "ReadOnlyAdmin", "RecordedAdmin", "RecordedForm", "agencies", "history", "people"]
=======
from .recorded import ReadOnlyAdmin, RecordedAdmin, RecordedForm, name_controls

__all__ = ["ReadOnlyAdmin", "RecordedAdmin", "RecordedForm", "agencies", "history", "name_controls", "people"]
>>>>>>> browser
