"""Bulk edits of agency procedures: under which standard since when, and the code of the document."""

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.access import roles_at
from agencies.errors import Refused
from procedures import lifecycle
from procedures.bulk import forms
from procedures.bulk.lines import SAME, Line
from procedures.models import PastApplication
from procedures.models.duty_lists import Duty, write_duties

# Rows of one go: each has its line of history.
MOST = 100_000


class Rework:
    """Standard and day, or the code of the document, or both."""

    subject, name = "duties", "rework"
    title = gettext_lazy("Set standard, day or document code")
    roles = lifecycle.RECORDERS
    form_class = forms.DutyForm

    def look(self, chosen, values, *, by):
        rows = list(chosen.select_related("agency", "procedure", "standard")[: MOST + 1])
        if len(rows) > MOST:
            raise Refused(_("More than %s procedures at a time: narrow the filter.") % MOST)
        allowed, lines = {}, []
        had_another = set()
        if values["standard"]:
            past = PastApplication.objects.filter(agency_procedure__in=chosen.order_by().values("pk"))
            had_another = set(past.values_list("agency_procedure", flat=True))
        for duty in rows:
            if duty.agency_id not in allowed:
                allowed[duty.agency_id] = bool(roles_at(by, duty.agency) & self.roles)
            lines.append(self._judge(duty, values, allowed[duty.agency_id], duty.pk in had_another))
        return lines

    def _judge(self, duty, values, is_allowed, had_another):
        standard = values["standard"] or duty.standard
        day = values["applied_on"] or duty.applied_on
        code = values["document_code"] or duty.document_code
        line = Line(
            duty.pk, duty.agency, str(duty.procedure), before=_said(duty.standard, duty.applied_on, duty.document_code),
            after=_said(standard, day, code), version=duty.version,
        )  # fmt: skip
        before = (duty.standard_id, duty.applied_on, duty.document_code)
        after = (standard.pk if standard else None, day, code)
        line.plan = Duty(
            duty.agency_id, duty.procedure_id, *after, duty.note, "", id=duty.pk, version=duty.version
        )
        try:
            if not is_allowed:
                raise Refused(_("Your role does not allow this entry."))
            if values["standard"]:
                _check(duty, standard, day, had_another)
        except Refused as refused:
            return line.refuse(refused)
        if before == after:
            line.outcome = SAME
        return line

    def told(self, values, count):
        words = {"n": number_format(count), "what": values["standard"] or values["document_code"]}
        return ngettext("%(what)s: %(n)s procedure", "%(what)s: %(n)s procedures", count) % words

    def write(self, lines, values, *, by, reason, change_set):
        write_duties([line.plan for line in lines], change_set=change_set)


def _check(duty, standard, day, had_another):
    """Raises Refused where the list of agency procedures has an error."""
    if day < standard.published_on:
        words = {"standard": standard, "day": date_format(standard.published_on)}
        raise Refused(_("%(standard)s was published on %(day)s.") % words, "on")
    if had_another and duty.standard_id == standard.pk and day != duty.applied_on:
        raise Refused(_("It ran under another standard before; its day is corrected with the declaration."))
    if duty.standard_id not in (None, standard.pk) and day <= duty.applied_on:
        words = {"standard": duty.standard, "day": date_format(duty.applied_on)}
        raise Refused(
            _("It runs under %(standard)s since %(day)s; another one can only follow.") % words, "on"
        )


def _said(standard, day, code):
    parts = [standard.code if standard else "", date_format(day) if day else "", code]
    return " · ".join(filter(None, parts))
