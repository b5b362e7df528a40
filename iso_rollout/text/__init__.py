"""Names, dates and numbers as Vietnamese offices write them. Knows no app; pure functions only."""

from .characters import clean, find_bad_characters, fold, storable, strip_accents
from .departments import Departments, department_key, same_department
from .finding import Query, fit, name_key, nearly, text_key, without_telex
from .names import (
    UNIT_TYPES,
    UnitName,
    canonical_name,
    check_name,
    level_of,
    parse_unit_name,
    tone_key,
    unit_type_of,
    unmarked,
)
from .order import vietnamese_sort_key
from .values import (
    Decision,
    Unreadable,
    When,
    is_nothing,
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
    term,
)

__all__ = [
    "UNIT_TYPES", "Decision", "Departments", "Query", "UnitName", "Unreadable", "When", "canonical_name", "check_name", "clean", "department_key",
    "find_bad_characters", "fit", "fold", "is_nothing", "last_day", "level_of", "name_key", "nearly", "parse_code", "parse_date", "parse_decision",
    "parse_form", "parse_level", "parse_mark", "parse_procedure_code", "parse_standard", "parse_unit_name",
    "parse_whole_number", "parse_year", "same_department", "storable", "strip_accents", "term", "text_key", "tone_key", "unit_type_of", "unmarked", "vietnamese_sort_key",
    "without_telex",
]  # fmt: skip
