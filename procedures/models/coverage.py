"""What a declaration does to the procedures of its agency, and how that is taken back, moved and done again."""

import datetime

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.errors import Refused
from agencies.models import Change
from procedures.lifecycle import Acceptance
from procedures.models.agency_procedures import AgencyProcedure, PastApplication
from procedures.models.applications import cut, put_in, resume, take_out


class Covers(models.TextChoices):
    """Which procedures of the agency a declaration puts under its standard."""

    ALL = "all", _("All procedures in force on the day")
    CHOSEN = "chosen", _("Only those chosen; the others leave ISO")
    NONE = "none", _("None: the procedures stay as they are")


class Coverage:
    """The part of `Declaration` that keeps duties under ISO in step with it."""

    def _duties(self):
        return AgencyProcedure.objects.filter(agency=self.agency_id)

    def cover(self, change_set, *, chosen=None):
        """Put the procedures in force under the standard; with `chosen`, ids of duties, only those.

        The others leave ISO on the day of the declaration, until a later one has them again.
        """
        on = self.declared_on
        if self.covers == Covers.NONE:
            return
        if chosen is None:
            self._cover_all(change_set)
            return
        chosen, later = set(chosen), self._later_wholes()

        def scoped(duty, chain):
            if duty.pk in chosen:
                return put_in(chain, self.standard_id, on, later=later)
            return cut(chain, on, again_from=_first_days(later))

        self._duties().in_force(on).rewrite(scoped, change_set=change_set)

    def _cover_all(self, change_set):
        on, later = self.declared_on, self._later_wholes()
        # Those under it since the day or before are not even read.
        rows = self._duties().in_force(on).exclude(standard=self.standard_id, applied_on__lte=on)
        rows.rewrite(
            lambda _duty, chain: put_in(chain, self.standard_id, on, later=later), change_set=change_set
        )

    def uncover(self, on, change_set, *, cell=""):
        """Take back what it did on a day: procedures run as before, or since a later declaration of the standard."""
        still = self._later_of_standard(on)
        touched = self._duties().that_came_under(self.standard_id, on)
        touched.rewrite(
            lambda _duty, chain: take_out(chain, self.standard_id, on, still_from=still),
            change_set=change_set,
            cell=cell,
        )
        if self.covers == Covers.CHOSEN:
            ended = self._duties().that_ended(on)
            ended.rewrite(lambda _duty, chain: resume(chain, on), change_set=change_set, cell=cell)

    def move_cover(self, was, change_set, *, cell=""):
        """What it did on one day it did on `declared_on` instead, also where another standard took over since.

        Raises Refused when procedures came under another standard on that very day.
        """
        on, still, later = self.declared_on, self._later_of_standard(was), self._later_wholes()
        touched = self._duties().that_came_under(self.standard_id, was)

        def moved(_duty, chain):
            without = take_out(chain, self.standard_id, was, still_from=still)
            if any(span.since == on and span.standard_id != self.standard_id for span in without):
                day = date_format(on)
                raise Refused(gettext("Procedures ran under another standard since %s.") % day, "on")
            return put_in(without, self.standard_id, on, later=later)

        if self.covers == Covers.CHOSEN:
            again = _first_days(later)
            ended = self._duties().that_ended(was)
            ended.rewrite(
                lambda _duty, chain: cut(resume(chain, was), on, again_from=again),
                change_set=change_set,
                cell=cell,
            )
        touched.rewrite(moved, change_set=change_set, cell=cell)
        if self.covers == Covers.ALL and on < was:
            # An earlier day also reaches procedures that ran under the standard already on the later one.
            self._cover_all(change_set)

    def cover_again(self, change_set):
        """Put back under the standard what left it when the declaration was returned, and cut what went on."""
        on = self.declared_on
        returned = Change.objects.of(self).filter(after__acceptance=Acceptance.RETURNED).first()
        if returned is None:
            return
        covered, ended = self._left(returned.change_set_id, self._day_when(returned))
        if not covered and self.covers == Covers.ALL:
            # When it was returned, an earlier one kept them under the same standard; that one may be gone by now.
            self._cover_all(change_set)
            return
        later = self._later_wholes()

        def as_before(duty, chain):
            if duty.pk in covered:
                return put_in(chain, self.standard_id, on, later=later)
            return cut(chain, on, again_from=_first_days(later))

        self._duties().filter(pk__in=covered | ended).rewrite(as_before, change_set=change_set)

    def _day_when(self, line):
        """The day that it had after a line of its history: that of now, unless one was corrected since."""
        since = Change.objects.of(self).filter(pk__gt=line.pk, before__has_key="declared_on")
        moved = since.order_by("pk").first()
        return datetime.date.fromisoformat(moved.before["declared_on"]) if moved else self.declared_on

    def _left(self, change_set_id, on):
        """(duties that came under the standard on a day, duties that were cut on it) before a change set undid it."""
        lines = Change.objects.filter(change_set=change_set_id, agency=self.agency_id)
        duty, past = AgencyProcedure._meta.label_lower, PastApplication._meta.label_lower
        owners, day = {}, on.isoformat()
        covered, touched = set(), set()
        found = list(lines.filter(model__in=(duty, past)).values_list("model", "object_id", "before"))
        rows = PastApplication.objects.filter(pk__in=[pk for model, pk, _before in found if model == past])
        owners = dict(rows.values_list("pk", "agency_procedure_id"))
        for model, pk, before in found:
            before = before or {}
            owner = pk if model == duty else before.get("agency_procedure_id", owners.get(pk))
            if owner is None:
                continue
            touched.add(owner)
            if (
                before.get("applied_on") == day
                and before.get("standard_id", self.standard_id) == self.standard_id
            ):
                covered.add(owner)
        return covered, (touched - covered if self.covers == Covers.CHOSEN else set())

    def _later(self, on):
        from procedures.models.declarations import Declaration

        later = Declaration.objects.counting().filter(agency=self.agency_id, declared_on__gt=on)
        return later.exclude(pk=self.pk).order_by("declared_on", "id")

    def _later_of_standard(self, on):
        """The day of the next declaration under the same standard that covers procedures, None without one."""
        later = self._later(on).filter(standard=self.standard_id).exclude(covers=Covers.NONE)
        return later.values_list("declared_on", flat=True).first()

    def _later_wholes(self):
        """[(standard, day)] of the later declarations that cover all procedures, in the order of days."""
        return list(
            self._later(self.declared_on).filter(covers=Covers.ALL).values_list("standard", "declared_on")
        )


def _first_days(later):
    """{standard: its first day} of [(standard, day)] in the order of days."""
    return dict(reversed(later))
