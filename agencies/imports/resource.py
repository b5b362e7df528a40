"""The surface of django-import-export over a kind of list: clean rows in and out, the inner loop is the engine's.

Its own loop asks the database for every row, and its confirm step reports success for what was rolled back.
"""

from django.utils import timezone
from import_export import resources
from import_export.fields import Field
from import_export.results import Result, RowResult

from . import engine
from .checked import CHANGED, NEW, UNCHANGED

_TYPES = {
    NEW: RowResult.IMPORT_TYPE_NEW,
    CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
}
SHOWN_ROWS = 100  # a preview of everything would be larger than the file


class ListResource(resources.Resource):
    """`export()` gives a `tablib.Dataset`, `import_data()` a `Result`; both with the titles of the list's columns."""

    def __init__(self, kind, *, user=None, on=None, options=None, **kwargs):
        super().__init__(**kwargs)
        self.kind, self.user, self.on, self.options = kind, user, on, options
        self.fields = {
            name: Field(attribute=name, column_name=kind.sheet.by_name[name].title) for name in kind.columns
        }

    def get_export_order(self):
        return list(self.kind.columns)

    get_import_order = get_export_order

    def export(self, queryset=None, **kwargs):
        import tablib

        data = tablib.Dataset(headers=[field.column_name for field in self.fields.values()])
        for row in self.kind.rows(user=self.user, on=self.on or timezone.localdate(), options=self.options):
            data.append(["" if v is None else v.isoformat() if hasattr(v, "isoformat") else v for v in row])
        return data

    def import_data(self, dataset, dry_run=False, raise_errors=False, **kwargs):
        """Check, and without `dry_run` write, the rows of a dataset, all or none."""
        checked = engine.check(
            self.kind,
            dataset.export("csv").encode(),
            "dataset.csv",
            user=self.user,
            on=self.on,
            options=self.options,
        )
        if checked.is_fine and not dry_run:
            checked = engine.write(self.kind, checked, user=self.user, options=self.options).checked
        elif raise_errors and not checked.is_fine:
            raise engine.Blocked(checked)
        return self._result(checked, dataset)

    def _result(self, checked, dataset):
        result = self.get_result_class()()
        result.diff_headers = list(dataset.headers)
        result.total_rows = len(dataset)
        result.totals |= {_TYPES[outcome]: checked.number_of(outcome) for outcome in _TYPES}
        for problem in checked.errors:
            result.append_base_error(self.get_error_result_class()(error=f"{problem.cell}: {problem}"))
        for line in checked.page(size=SHOWN_ROWS):
            row = self.get_row_result_class()()
            row.import_type = _TYPES.get(line.outcome, RowResult.IMPORT_TYPE_INVALID)
            row.diff = [line.label, *(f"{d.title}: {d.before} → {d.after}" for d in line.differences)]
            row.number = line.number
            result.append_row_result(row)
        return result


__all__ = ["ListResource", "Result"]
