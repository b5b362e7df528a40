"""Lists of undertakings: which unit does what under a plan, in which year, until when."""

import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at
from agencies.imports.checked import CHANGED, NEW, Options
from agencies.imports.kinds import about_agencies
from agencies.imports.naming import Naming
from agencies.imports.records import Draft, RecordList, in_batches
from agencies.imports.register import Register
from agencies.imports.workbooks import FORMS
from agencies.models import Role
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import PLAN
from procedures.lifecycle import Form
from procedures.models import Plan, Rollout, Standard
from procedures.models.telling import tell_assigned, tell_due_changed


class PlanList(RecordList):
    """Unit, form, year, due day, standard aimed at."""

    name = "plan"
    title = _("Units of a plan")
    sheet = about_agencies(PLAN)
    model = Rollout
    roles = frozenset({Role.COORDINATOR})
    columns = ("code", "name", "parent", "form", "year", "due_on", "standard")

    def rows(self, *, user, on, options=None, among=None):
        register = Register(on, user=user)
        rollouts = among
        if among is None:
            rollouts = Rollout.objects.filter(plan=self._plan(user, on, options or Options()))
        rollouts = rollouts.select_related("target_standard")
        for rollout in rollouts.order_by("year", "agency__path", "form"):
            if known := register.get(rollout.agency_id):
                parent = register.get(known.parent_id)
                above = (parent.code or parent.name) if parent and not known.code else None
                standard = rollout.target_standard.code if rollout.target_standard_id else None
                yield (
                    known.code,
                    known.name,
                    above,
                    FORMS[rollout.form],
                    rollout.year,
                    rollout.due_on,
                    standard,
                )

    def judge(self, reading, *, user, on, options):
        checked = self.start(reading, on)
        plan = self._plan(user, on, options)
        if plan is None:
            checked.errors.append(
                Problem("E_PLAN", "Say for which plan the list is: there is none that you keep.", cell="file")
            )
            return checked
        register = Register(on, user=user, roles=self.roles)
        naming = Naming(checked, register, options)
        standards = {int(s.code.rpartition(":")[2] or 0): s for s in Standard.objects.all()}
        found = [(row, naming.agency_of(row)) for row in reading.rows]
        ids = {known.id for _row, known in found if known}
        rows = in_batches(Rollout.objects.filter(plan=plan).select_related("agency", "plan"), "agency", ids)
        on_record = {(r.agency_id, r.form, r.year): r for r in rows}
        seen = {}
        for row, known in found:
            label = row.values.get("name") or row.values.get("code") or ""
            draft = self._draft(checked, row, known, plan, (standards, on_record, seen)) if known else None
            record = self._record(known, draft) if draft else {}
            checked.lines.append(self.line(row, draft, label=known.name if known else label, record=record))
        checked.plan = plan
        return checked

    def _plan(self, user, on, options):
        plans = Plan.objects.select_related("agency")
        if user is not None:
            plans = plans.visible_to(user)
        plan = plans.filter(code=options.plan).first() if options.plan else plans.latest(on)
        if plan is None or (user is not None and Role.COORDINATOR not in roles_at(user, plan.agency)):
            return None
        return plan

    def _draft(self, checked, row, known, plan, kept):
        """The undertaking of a row, or None with the problem named. Rules: as `Plan.assign`."""
        standards, on_record, seen = kept
        values = row.values
        form, year, due_on = values.get("form"), values.get("year"), values.get("due_on")
        year = year or (due_on.year if due_on else plan.starts_on.year if len(plan.years) == 1 else None)
        if known.covered_by_id is not None and (known.id, form, year) not in on_record:
            return self.error(
                checked, "E_NOT_A_UNIT", "“%(name)s” has no system of its own.", row, "name", name=known.name
            )
        if not known.path.startswith(plan.agency.path):
            return self.error(
                checked, "E_PLAN", "“%(name)s” lies outside the plan.", row, "name", name=known.name
            )
        if form is None or year is None:
            name = "form" if form is None else "year"
            title = self.sheet.by_name[name].title
            if (row.sheet, row.cell(name)) in checked.reading.wrong_cells:
                return None
            return self.error(
                checked, "E_REQUIRED", "Nothing says the “%(title)s” of this row.", row, name, title=title
            )
        if year not in plan.years:
            return self.error(
                checked, "E_PLAN", "The year %(year)s lies outside the plan.", row, "year", year=year
            )
        first = seen.setdefault((known.id, form, year), row)
        if first is not row:
            return self.error(
                checked,
                "E_DUP",
                "“%(name)s” stands in row %(row)s already.",
                row,
                "name",
                name=known.name,
                row=first.number,
            )
        stored = on_record.get((known.id, form, year))
        if due_on is None and stored is None:
            due_on = min(datetime.date(year, 12, 31), plan.ends_on)
            if (row.sheet, row.cell("due_on")) not in checked.reading.wrong_cells:
                self.warn(
                    checked,
                    "W_DUE",
                    "No day is given: %(day)s is taken.",
                    row,
                    "name",
                    day=date_format(due_on),
                )
        instance = stored or Rollout(
            plan=plan, agency_id=known.id, form=form, year=year, assigned_on=plan.decided_on
        )
        said = {}
        if due_on is not None:
            if due_on < instance.assigned_on:
                return self.error(
                    checked, "E_DATE", "The day lies before the plan was decided (%(day)s).", row, "due_on",
                    day=date_format(instance.assigned_on),
                )  # fmt: skip
            said["due_on"] = due_on
        if (standard := values.get("standard")) is not None:
            if standard not in standards:
                return self.error(
                    checked,
                    "E_STANDARD",
                    "The standard of %(year)s is not known here.",
                    row,
                    "standard",
                    year=standard,
                )
            said["target_standard_id"] = standards[standard].pk
        return Draft(instance, said, {"target_standard_id": "standard"})

    @staticmethod
    def _record(known, draft):
        rollout = draft.instance
        return {
            "agency_code": known.code, "agency_name": known.name, "form": rollout.form, "year": rollout.year,
            "due_on": (draft.values.get("due_on") or rollout.due_on).isoformat(),
        }  # fmt: skip

    def write(self, checked, *, change_set, by, options):
        lines = [line for line in checked.lines if line.outcome in (NEW, CHANGED)]
        assigned = [line.plan.instance for line in lines if line.outcome == NEW]
        moved = [
            line.plan.instance
            for line in lines
            if line.outcome == CHANGED and "due_on" in line.plan.differing()
        ]
        super().write(checked, change_set=change_set, by=by, options=options)
        tell_assigned(assigned, by=by)
        tell_due_changed(moved, by=by)

    def tell(self, name, value):
        if name == "target_standard_id":
            return Standard.objects.get(pk=value).code if value else ""
        return str(Form(value).label) if name == "form" else super().tell(name, value)
