"""Bulk edits of agencies: assigned to a plan, the same milestone, the same declaration."""

from collections import defaultdict

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.access import roles_at
from agencies.errors import Refused
from agencies.models import Role
from procedures import lifecycle
from procedures.bulk import forms, rollouts
from procedures.bulk.lines import SAME, WILL, Line
from procedures.lifecycle import Acceptance, Form, Gap, Stage
from procedures.models import CoverageTally, Declaration, Rollout
from procedures.models.declaration_lists import Declared, declare_many, fits
from procedures.models.documents import entered
from procedures.models.rollout_lists import assign_many, milestones_of, reach_many, standings
from procedures.models.rollouts import OPEN_STATES

# Procedures that one declaration for many may put under the standard: each has its line of history.
MOST_COVERED = 100_000


def line_of(agency, what="", **values):
    return Line(agency.pk, agency, what, version=agency.version, **values)


class Assign:
    """An undertaking under a plan."""

    subject, name = "agencies", "assign"
    title = gettext_lazy("Assign to a plan")
    roles = lifecycle.KEEPERS
    form_class = forms.AssignForm

    def look(self, chosen, values, *, by):
        plan, form, year = values["plan"], Form(values["form"]), values["year"]
        there = Rollout.objects.filter(plan=plan, form=form, year=year).order_by()
        due = dict(there.values_list("agency", "due_on"))
        what, lines = f"{form.label} {year}", []
        for agency in chosen:
            line = line_of(agency, what, after=_("due %(day)s") % {"day": date_format(values["due_on"])})
            lines.append(line)
            if agency.pk in due:
                line.before = _("due %(day)s") % {"day": date_format(due[agency.pk])}
                line.outcome = SAME
                if due[agency.pk] != values["due_on"]:
                    refused = Refused(_("%s has this undertaking already.") % agency)
                    line.refuse(refused, _("Set its due day in the list of undertakings."))
                continue
            try:
                if Role.COORDINATOR not in roles_at(by, agency):
                    raise Refused(_("Your role does not allow this entry."))
                line.plan = plan.check_assignment(agency, year=year, due_on=values["due_on"])
            except Refused as refused:
                line.refuse(refused)
        return lines

    def told(self, values, count):
        words = {"n": number_format(count), "form": Form(values["form"]).label, "year": values["year"]}
        return (
            ngettext(
                "Assign %(form)s %(year)s: %(n)s agency", "Assign %(form)s %(year)s: %(n)s agencies", count
            )
            % words
        )

    def write(self, lines, values, *, by, reason, change_set):
        assign_many(
            values["plan"], [(line.agency, line.plan) for line in lines], form=values["form"],
            year=values["year"], due_on=values["due_on"], by=by, change_set=change_set,
        )  # fmt: skip


class Reach(rollouts.Reach):
    """The same milestone for the open undertaking of each agency."""

    subject = "agencies"

    def look(self, chosen, values, *, by):
        opened = Rollout.objects.filter(agency__in=chosen.order_by().values("pk"), state__in=OPEN_STATES)
        read, reached = rollouts.read(opened.order_by("year", "id")), milestones_of(opened)
        held = standings(read, reached)
        own, stage = defaultdict(list), Stage(values["stage"])
        for rollout in read:
            own[rollout.agency_id].append(rollout)
        lines = []
        for agency in chosen:
            if not own[agency.pk]:
                refused = Refused(_("No undertaking of this agency is open."))
                remedy = _("Assign it to the plan first.") if agency.is_unit else _("Leave it out.")
                lines.append(line_of(agency).refuse(refused, remedy))
                continue
            # The first undertaking that has not reached the milestone, else the last one that has.
            waiting = [r for r in own[agency.pk] if stage not in reached[r.pk]]
            rollout = waiting[0] if waiting else own[agency.pk][-1]
            lines.append(rollouts.judge(rollout, reached[rollout.pk], held[rollout.pk], values, by))
        return lines

    def write(self, lines, values, *, by, reason, change_set):
        reach_many(
            [line.plan for line in lines], values["stage"], on=values["on"], by=by, change_set=change_set,
            document=entered(values["document"], change_set), note=values["note"],
        )  # fmt: skip


class Declare:
    """The same declaration, each with the undertaking that it completes."""

    subject, name = "agencies", "declare"
    title = gettext_lazy("Record the same declaration")
    roles = lifecycle.RECORDERS
    form_class = forms.DeclareForm

    def look(self, chosen, values, *, by):
        ids = chosen.order_by().values("pk")
        opened = Rollout.objects.filter(agency__in=ids, state__in=OPEN_STATES)
        read, reached = rollouts.read(opened.order_by("due_on", "id")), milestones_of(opened)
        held, own = standings(read, reached), defaultdict(list)
        for rollout in read:
            own[rollout.agency_id].append(rollout)
        declared = defaultdict(list)
        rows = Declaration.objects.filter(agency__in=ids).select_related("standard")
        for declaration in rows.order_by("declared_on", "id"):
            declared[declaration.agency_id].append(declaration)
        lines = []
        for agency in chosen:
            fitting = [
                r
                for r in own[agency.pk]
                if fits(r, _counting(reached[r.pk]), standard=values["standard"], on=values["on"])
            ]
            returned = any(
                Stage.DECLARED in reached[r.pk] and not reached[r.pk][Stage.DECLARED].counts
                for r in own[agency.pk]
            )
            rollout = min(fitting, key=lambda r: (r.year != values["on"].year, r.due_on, r.pk), default=None)
            standing = held[rollout.pk] if rollout else None
            line = self._judge(agency, declared[agency.pk], values, by, rollout=rollout, standing=standing)
            if returned and line.outcome == WILL:
                refused = Refused(_("A declaration of this agency was returned by the lead agency."))
                line.refuse(refused, _("Mend it on the page of the agency and hand it in again."))
            lines.append(line)
        return lines

    def _judge(self, agency, declared, values, by, *, rollout, standing):
        counting = [d for d in declared if d.counts]
        line = line_of(
            agency,
            rollouts.undertaking(rollout) if rollout else _("outside a plan"),
            before=_said(counting[-1]) if counting else "",
            after=" · ".join(
                filter(None, [values["number"], date_format(values["on"]), values["standard"].code])
            ),
        )
        line.plan = rollout
        line.version = (agency.version, rollout and rollout.version)
        same = [
            d for d in declared if (d.declared_on, d.standard_id) == (values["on"], values["standard"].pk)
        ]
        if same and same[0].acceptance == Acceptance.RETURNED:
            refused = Refused(_("This declaration was returned by the lead agency."))
            return line.refuse(refused, _("Mend it on the page of the agency and hand it in again."))
        if same:
            if same[0].number == values["number"]:
                line.outcome = SAME
                return line
            refused = Refused(_("This declaration is on record already."))
            return line.refuse(refused, _("Correct it on the page of the agency."))
        try:
            roles = roles_at(by, agency)
            line.gaps = tuple(
                self._check(agency, counting, values, roles, rollout=rollout, standing=standing)
            )
        except Refused as refused:
            line.refuse(refused)
        return line

    @staticmethod
    def _check(agency, counting, values, roles, *, rollout, standing):
        """The gaps; raises Refused where the door for one declaration does."""
        if not agency.is_unit:
            raise Refused(_("%s has no system of its own.") % agency, "agency")
        Declaration(agency=agency, standard=values["standard"], declared_on=values["on"]).check_days(roles)
        lacking = [] if values["number"] else [Gap.NO_NUMBER]
        if rollout is None:
            return lacking
        gaps = lifecycle.check_step(
            standing, Stage.DECLARED, on=values["on"], roles=roles, today=timezone.localdate()
        )
        before = any(d.declared_on < values["on"] for d in counting)
        gaps = [g for g in gaps if g != Gap.NO_EARLIER_DECLARATION or not before]
        if rollout.form == Form.BUILD and before:
            gaps.append(Gap.DECLARED_BEFORE)
        return gaps + lacking

    def check_size(self, lines, values):
        """Raises Refused when more procedures would come under the standard than one act may change."""
        if not values["covers_procedures"]:
            return
        agencies = [line.agency.pk for line in lines]
        covered = 0
        for i in range(0, len(agencies), 2_000):
            tally = CoverageTally.objects.filter(agency__in=agencies[i : i + 2_000])
            covered += tally.totals(values["on"])[0]
        if covered > MOST_COVERED:
            words = {"n": number_format(covered), "most": number_format(MOST_COVERED)}
            raise Refused(
                _(
                    "%(n)s procedures would come under the standard; one act changes at most %(most)s. Choose fewer"
                    " agencies, or take away the tick at the procedures and bring them in from a spreadsheet."
                )
                % words
            )

    def told(self, values, count):
        words = {"n": number_format(count), "number": values["number"] or date_format(values["on"])}
        return (
            ngettext("Declaration %(number)s: %(n)s agency", "Declaration %(number)s: %(n)s agencies", count)
            % words
        )

    def write(self, lines, values, *, by, reason, change_set):
        document = entered(values["document"], change_set)
        declare_many(
            [
                Declared(
                    line.agency, values["standard"], values["on"], values["number"], note=values["note"],
                    signer=values["signer"], document=document, rollout=line.plan,
                )
                for line in lines
            ],
            by=by, change_set=change_set, covers_procedures=values["covers_procedures"],
        )  # fmt: skip


def _counting(reached):
    return {stage for stage, milestone in reached.items() if milestone.counts}


def _said(declaration):
    parts = (declaration.number, date_format(declaration.declared_on), declaration.standard.code)
    return " · ".join(filter(None, parts))
