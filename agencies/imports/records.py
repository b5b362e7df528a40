"""Lists of plain records: a row is one record, found by its key; what it says otherwise is a change."""

from dataclasses import dataclass, field

from django.utils.formats import date_format

from agencies.history import change_of, record_many, snapshot
from iso_rollout.sheets import Problem

from .checked import CHANGED, NEW, UNCHANGED, WRONG, Difference, Line
from .kinds import ListKind, cell_of

BATCH = 500


@dataclass(eq=False)
class Draft:
    """One record as it will be. `instance`: the stored one or a new one, not yet touched; `values`: by attribute.

    `cells`: attribute → the field of the list that says it.
    """

    instance: object
    values: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)

    @property
    def is_new(self):
        return self.instance.pk is None

    def differing(self):
        return [name for name, value in self.values.items() if getattr(self.instance, name) != value]


def shown(value):
    """A value as the list of differences shows it."""
    if value is None:
        return ""
    if hasattr(value, "year") and hasattr(value, "month"):
        return date_format(value)
    return str(value)


class RecordList(ListKind):
    """A `ListKind` whose lines carry a `Draft`, written with bulk statements."""

    model = None

    def line(self, row, draft, *, label, record, key="name"):
        """The line of a row: `draft` None for a row with an error."""
        if draft is None:
            return Line(row.sheet, row.number, WRONG, label, row.cell(key), {})
        differences, outcome = (), NEW
        if not draft.is_new:
            differences = tuple(self._differences(row, draft))
            outcome = CHANGED if differences else UNCHANGED
        return Line(
            row.sheet, row.number, outcome, label, row.cell(key), record, differences,
            agency_id=getattr(draft.instance, "history_agency_id", None), plan=draft,
        )  # fmt: skip

    def _differences(self, row, draft):
        for name in draft.differing():
            title = self.model._meta.get_field(name).verbose_name
            before, after = getattr(draft.instance, name), draft.values[name]
            yield Difference(
                name,
                str(title),
                self.tell(name, before),
                self.tell(name, after),
                row.cell(draft.cells.get(name, name)),
            )

    def tell(self, name, value):
        """A stored value in the words of a person."""
        choices = dict(self.model._meta.get_field(name).flatchoices)
        return str(choices.get(value, shown(value)))

    def error(self, checked, code, message, row, name, /, **params):
        field_ = self.sheet.by_name.get(name)
        checked.errors.append(
            Problem(code, message, row.sheet, row.cell(name), field_.title if field_ else "", params)
        )

    def warn(self, checked, code, message, row, name, /, **params):
        field_ = self.sheet.by_name.get(name)
        checked.warnings.append(
            Problem(code, message, row.sheet, row.cell(name), field_.title if field_ else "", params)
        )

    def write(self, checked, *, change_set, by, options):
        write_drafts(self.model, checked.lines, change_set=change_set)


def write_drafts(model, lines, *, change_set):
    """Store the new and the changed records of some lines, each with its line of history. Returns the instances."""
    new = [line for line in lines if line.outcome == NEW and line.plan.is_new]
    changed = [
        line
        for line in lines
        if line.outcome in (NEW, CHANGED) and not line.plan.is_new and line.plan.differing()
    ]
    changes, columns = [], {"version"}
    for line in changed:
        instance = line.plan.instance
        before = snapshot(instance)
        for name in line.plan.differing():
            setattr(instance, name, line.plan.values[name])
            columns.add(name)
        instance.version += 1
        if hasattr(instance, "derive"):
            instance.derive()
        changes.append(change_of(change_set, instance, before=before, cell=cell_of(line)))
    for line in new:
        for name, value in line.plan.values.items():
            setattr(line.plan.instance, name, value)
        if hasattr(line.plan.instance, "derive"):
            line.plan.instance.derive()
    stored = model._base_manager.bulk_create([line.plan.instance for line in new], batch_size=BATCH)
    columns |= {f.attname for f in model._meta.concrete_fields if f.attname in ("search_key", "sort_key")}
    if changed:
        model._base_manager.bulk_update(
            [line.plan.instance for line in changed], sorted(columns), batch_size=BATCH
        )
    record_many([change_of(change_set, line.plan.instance, cell=cell_of(line)) for line in new] + changes)
    return [*stored, *(line.plan.instance for line in changed)]


def in_batches(model_rows, name, values):
    """The rows of a queryset whose column is one of many values, some hundred at a time."""
    values = sorted(values)
    for i in range(0, len(values), BATCH):
        yield from model_rows.filter(**{f"{name}__in": values[i : i + BATCH]})
