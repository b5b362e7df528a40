"""What each kind of problem is called, and what to do about it where its own sentence does not say."""

from django.utils.translation import gettext_lazy as _

TITLES = {
    "E_AGENCY_AMBIGUOUS": _("Name fits several agencies"),
    "E_AGENCY_UNKNOWN": _("Unknown agency"),
    "E_CHARS": _("Forbidden characters"),
    "E_CODE": _("Code cannot be read"),
    "E_CODE_TAKEN": _("Code taken"),
    "E_CSV": _("Shifted cells in a csv"),
    "E_CYCLE": _("Parents in a circle"),
    "E_DATE": _("Wrong date"),
    "E_DUP": _("Stands in the list twice"),
    "E_ENCODING": _("Old font"),
    "E_FORM": _("Unknown form"),
    "E_FORMULA_ERROR": _("Formula with an error"),
    "E_FORMULA_EXTERNAL": _("Formula reaching outside"),
    "E_FORMULA_NOCACHE": _("Formula without a value"),
    "E_HEADER_DUP": _("Two columns mean the same"),
    "E_HEADER_MISSING": _("No heading found"),
    "E_INT": _("Not a whole number"),
    "E_LATER_CHANGE": _("Changed later already"),
    "E_LEVEL": _("Wrong level"),
    "E_LEVEL_ORDER": _("Level above its parent"),
    "E_LONG": _("Text too long"),
    "E_MARK": _("Two marks in one row"),
    "E_MERGED": _("Merged cells"),
    "E_NOT_A_UNIT": _("Has no system of its own"),
    "E_NO_ROWS": _("List without rows"),
    "E_PARENT_AMBIGUOUS": _("Parent fits several agencies"),
    "E_PARENT_REQUIRED": _("Parent missing"),
    "E_PARENT_UNKNOWN": _("Unknown parent"),
    "E_PROCEDURE_UNKNOWN": _("Unknown procedure"),
    "E_REQUIRED": _("Empty cell"),
    "E_SHEET_AMBIGUOUS": _("Two sheets with one list"),
    "E_STANDARD": _("Unknown standard"),
    "W_COLUMNS_IGNORED": _("Columns not read"),
    "W_CONVERTED": _("Old font converted"),
    "W_DECLARED_BEFORE": _("Declared before"),
    "W_FORMULA": _("Value of a formula"),
    "W_HIDDEN_COLUMN": _("Hidden column read"),
    "W_HIDDEN_ROW": _("Hidden row read"),
    "W_HIDDEN_SHEET": _("Hidden sheet not read"),
    "W_NAME_DIFFERS": _("Name and code differ"),
    "W_NOT_A_UNIT": _("Has no system of its own"),
    "W_NO_DATE": _("Date missing"),
    "W_NO_EARLIER": _("No earlier declaration"),
    "W_NO_NUMBER": _("Number missing"),
    "W_NO_STANDARD": _("Standard missing"),
    "W_REDECLARATION": _("Declared again"),
    "W_ROW_SKIPPED": _("Row not read"),
    "W_SHEET_IGNORED": _("Sheet not read"),
    "W_TOTAL": _("Total does not fit"),
    "W_WITHDRAWN": _("Standard withdrawn"),
}
REMEDIES = {
    "E_AGENCY_AMBIGUOUS": _("Choose the right one in the step Match."),
    "E_AGENCY_UNKNOWN": _("Choose the right one in the step Match, correct the name, or leave the row out."),
    "E_DUP": _("Correct it, or leave one of the rows out."),
    "E_ENCODING": _("Have the old fonts converted, with the button above."),
    "E_HEADER_MISSING": _("Click the heading row in the step Recognise and say what its columns mean."),
    "E_SHEET_AMBIGUOUS": _("Choose the sheet in the step Recognise."),
    "E_CODE_TAKEN": _("Correct the code, or leave the cell empty."),
    "E_DATE": _("Write the day as dd/mm/yyyy."),
}


def title_of(code):
    return str(TITLES.get(code, code))


def remedy_of(code):
    return str(REMEDIES.get(code, ""))
