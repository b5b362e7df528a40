"""Names, dates and numbers as Vietnamese offices write them. Knows no app; pure functions only."""

from .characters import clean, find_bad_characters, fold, strip_accents
from .departments import department_key, same_department
from .names import (
    UNIT_TYPES,
    UnitName,
    canonical_name,
    expand_abbreviations,
    level_of,
    parse_unit_name,
    tone_key,
    unit_type_of,
)
from .order import vietnamese_sort_key
from .values import (
    Decision,
    Unreadable,
    When,
    last_day,
    parse_code,
    parse_date,
    parse_decision,
    parse_form,
    parse_level,
    parse_mark,
    parse_procedure_code,
    parse_standard,
    parse_whole_number,
    parse_year,
)

__all__ = [
    "UNIT_TYPES", "Decision", "UnitName", "Unreadable", "When", "canonical_name", "clean", "department_key",
    "expand_abbreviations", "find_bad_characters", "fold", "last_day", "level_of", "parse_code", "parse_date", "parse_decision",
    "parse_form", "parse_level", "parse_mark", "parse_procedure_code", "parse_standard", "parse_unit_name",
    "parse_whole_number", "parse_year", "same_department", "strip_accents", "tone_key", "unit_type_of", "vietnamese_sort_key",
]  # fmt: skip
