"""What a report says, as JSON: head, sections, tables, figures. Word, workbook and page are made from it alone.

A published report keeps this, so it says the same for ever, whatever happens to the register. Always in Vietnamese:
it is an official paper (NĐ 30/2020/NĐ-CP).
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from procedures.lifecycle import Form, Phase
from procedures.models import Metric, Standard
from reports import figures
from reports.models import Kind
from reports.papers import tables

VERSION = 1


@dataclass(frozen=True)
class Office:
    """What the report's own office puts on it; the number is given by the records office, never by the program."""

    made_on: datetime.date
    signer_title: str = "GIÁM ĐỐC"
    signer_name: str = ""
    addressees: tuple = ("Bộ Khoa học và Công nghệ", "Ủy ban nhân dân tỉnh")
    recipients: tuple = ("Như trên",)


def build(kind, *, plan, on, scope, user, office, confirmed_only=False):
    """The content of a report on a day. `scope`: the agency whose subtree it speaks of; `user` None counts everything."""
    with override("vi"):
        return _Report(
            Kind(kind), plan=plan, on=on, scope=scope, user=user, office=office, confirmed_only=confirmed_only
        ).as_dict()


def counts_confirmed_only(content):
    """Whether a content counts confirmed entries only; what was published before there was the choice counts all."""
    return content.get("confirmed_only", False)


def day_in_words(day):
    """ngày 05 tháng 02 năm 2026: days below 10 and the months 1 and 2 with a zero in front (NĐ 30, Phụ lục I)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


class _Report:
    def __init__(self, kind, *, plan, on, scope, user, office, confirmed_only):
        self.kind, self.plan, self.on, self.scope, self.office = kind, plan, on, scope, office
        self.confirmed_only = confirmed_only
        self.summary = figures.summary(plan, on=on, scope=scope, user=user, confirmed_only=confirmed_only)
        self.units = tables.units_on(plan=plan, on=on, scope=scope, user=user, confirmed_only=confirmed_only)
        self.since = year_before(on)
        self.tables = [tables.by_block(self.units)]
        if plan:
            self.tables.append(tables.by_form(self.summary.progress))
        self.tables.append(tables.in_detail(self.units))
        if kind == Kind.ANNUAL:
            self.tables.append(
                tables.upkeep(self.units, since=self.since, on=on, confirmed_only=confirmed_only)
            )

    def as_dict(self):
        return {
            "version": VERSION,
            "kind": self.kind.value,
            "on": self.on.isoformat(),
            "confirmed_only": self.confirmed_only,
            "scope": {"id": self.scope.pk, "name": self.scope.name},
            "plan": {"code": self.plan.code, "name": self.plan.name} if self.plan else None,
            "head": self._head(),
            "sections": self._sections(),
            "figures": self._figures(),
            "stages": self._stages(),
            "tables": [table.as_dict() for table in self.tables],
        }

    def _head(self):
        made_on = self.office.made_on
        return {
            "parent_body": self.scope.name,
            "issuing_body": settings.LEAD_AGENCY_NAME,
            "symbol": f"BC-{settings.LEAD_AGENCY_SYMBOL}",
            "place": settings.PROVINCE_NAME,
            "made_on": made_on.isoformat(),
            "dated": f"{settings.PROVINCE_NAME}, {day_in_words(made_on)}",
            "title": self._title(),
            "addressees": list(self.office.addressees),
            "recipients": list(self.office.recipients),
            "signer_title": self.office.signer_title.upper(),
            "signer_name": self.office.signer_name,
        }

    def _title(self):
        if self.kind == Kind.ANNUAL:
            return _(
                "On building and applying quality management systems under TCVN ISO 9001 in %(year)s"
            ) % {"year": self.on.year}
        return _("On the progress of bringing TCVN ISO 9001 into the agencies of %(place)s by %(day)s") % {
            "place": self.scope.name.removeprefix("UBND "),
            "day": f"{self.on:%d/%m/%Y}",
        }

    # Figures by name, for the placeholders of an office's own template

    def _figures(self):
        units, again = self.summary.units, sum(row[4] for row in self.tables[0].rows)
        found = {
            "ngay_so_lieu": f"{self.on:%d/%m/%Y}",
            "tong_don_vi": units.declared.whole,
            "da_cong_bo": units.declared.part,
            "chua_cong_bo": units.declared.whole - units.declared.part,
            "cong_bo_lai": again,
            "ty_le_cong_bo": units.declared.percent,
            "thu_tuc_co_hieu_luc": self.summary.in_force,
            "thu_tuc_ap_dung": self.summary.under_iso,
            "ty_le_thu_tuc": self.summary.covered,
        }
        for standard in Standard.objects.all():
            share = units.by_standard.get(standard)
            found[f"theo_{standard.short.strip(':')}"] = share.part if share else 0
        progress = self.summary.progress
        for form in Form:
            name = form.value.lower()
            declared = progress.count(form=form.value, declared=True) if progress else 0
            assigned = declared + (
                progress.count(form=form.value, declared=False, open=True) if progress else 0
            )
            found |= {f"{_PLACEHOLDER[name]}_ke_hoach": assigned, f"{_PLACEHOLDER[name]}_thuc_hien": declared}
        found["qua_han"] = progress.count(late=True) if progress else 0
        return found

    def _stages(self):
        """Undertakings by level and stage: the chart."""
        if not self.plan:
            return None
        rows = []
        for level in tables.Level:
            counts = self.summary.progress.by_phase(levels=[level.value])
            if sum(counts):
                rows.append({"name": str(level.label), "counts": counts})
        return {"phases": [str(phase.label) for phase in Phase], "rows": rows}

    # The text

    def _sections(self):
        parts = [
            (_("Direction and management"), self._direction()),
            (_("Results of building, applying and declaring"), self._results()),
        ]
        if self.kind == Kind.ANNUAL:
            parts += [
                (_("Upkeep and improvement"), self._upkeep()),
                (_("Inspection"), [OWN_WORDS]),
                (_("Training and information"), [OWN_WORDS]),
                (_("Costs"), [OWN_WORDS]),
            ]
        parts += [
            (_("General assessment"), [*self._assessment(), OWN_WORDS]),
            (_("Tasks ahead"), [*self._ahead(), OWN_WORDS]),
            (_("Proposals"), [OWN_WORDS]),
        ]
        return [
            {"number": _ROMAN[i], "title": title, "paragraphs": [str(p) for p in paragraphs if p]}
            for i, (title, paragraphs) in enumerate(parts)
        ]

    def _direction(self):
        if not self.plan:
            return [OWN_WORDS]
        decision = self.plan.decision
        named = _("%(name)s (%(from)s – %(to)s)") % {
            "name": self.plan.name,
            "from": f"{self.plan.starts_on:%d/%m/%Y}",
            "to": f"{self.plan.ends_on:%d/%m/%Y}",
        }
        if decision and decision.number:
            named += _(", by decision %(number)s of %(day)s") % {
                "number": decision.number,
                "day": f"{self.plan.decided_on:%d/%m/%Y}",
            }
        return [_("The work follows the plan: %s.") % named, OWN_WORDS]

    def _results(self):
        units = self.summary.units
        if self.confirmed_only:
            yield _("These figures count only what the lead agency has confirmed.")
        yield _(
            "By %(day)s, %(part)s of %(whole)s units (%(share)s) have declared a quality management system; "
            "%(rest)s have not. Annex I shows the blocks of agencies, annex %(detail)s each agency."
        ) % {
            "day": f"{self.on:%d/%m/%Y}", "part": _n(units.declared.part), "whole": _n(units.declared.whole),
            "share": _p(units.declared.percent), "rest": _n(units.declared.whole - units.declared.part),
            "detail": _ROMAN[2 if self.plan else 1],
        }  # fmt: skip
        standards = [f"{s.code}: {_n(share.part)}" for s, share in units.by_standard.items() if share.part]
        if standards:
            yield _("By standard: %s.") % "; ".join(standards)
        for figure in self.summary.targets:
            yield self._target(figure)
        yield _(
            "Of %(whole)s administrative procedures in force at the agencies, %(part)s (%(share)s) run under the standard."
        ) % {
            "whole": _n(self.summary.in_force), "part": _n(self.summary.under_iso), "share": _p(self.summary.covered),
        }  # fmt: skip

    def _target(self, figure):
        target = figure.target
        if target.metric == Metric.COVERAGE:
            return _("Target: %(value)s %% of the procedures by %(day)s; reached: %(actual)s.") % {
                "value": _n(figure.value), "day": f"{target.due_on:%d/%m/%Y}", "actual": _p(figure.actual),
            }  # fmt: skip
        levels = ", ".join(str(level.label).lower() for level in target.level_list)
        return _("Target %(form)s %(year)s (%(levels)s): %(actual)s of %(value)s (%(share)s).") % {
            "form": str(target.get_form_display()).lower(), "year": target.year, "levels": levels,
            "actual": _n(figure.actual), "value": "–" if figure.value is None else _n(figure.value),
            "share": _p(figure.percent),
        }  # fmt: skip

    def _upkeep(self):
        rows = self.tables[-1].rows
        yield _(
            "Between %(since)s and %(on)s the register holds %(audits)s units with an internal audit, %(reviews)s with a "
            "management review and %(again)s that declared again (annex %(annex)s)."
        ) % {
            "since": f"{self.since:%d/%m/%Y}", "on": f"{self.on:%d/%m/%Y}",
            "audits": _n(sum(row[2] is not None for row in rows)),
            "reviews": _n(sum(row[3] is not None for row in rows)),
            "again": _n(sum(row[6] is not None for row in rows)),
            "annex": _ROMAN[len(self.tables) - 1],
        }  # fmt: skip

    def _assessment(self):
        reached = [f for f in self.summary.targets if f.is_reached]
        if self.summary.targets:
            yield _("Of %(all)s targets of the plan %(reached)s are reached.") % {
                "all": _n(len(self.summary.targets)), "reached": _n(len(reached)),
            }  # fmt: skip
        missing = sum(unit.declaration is not None and unit.declaration.lacks_evidence for unit in self.units)
        if missing:
            yield _("%s declarations lack their number or exact day in the register.") % _n(missing)

    def _ahead(self):
        progress = self.summary.progress
        late = progress.count(late=True) if progress else 0
        if late:
            yield _("%s undertakings are past their day and are to be finished first.") % _n(late)
        rest = self.summary.units.declared.whole - self.summary.units.declared.part
        if rest:
            yield _("%s units are still to declare.") % _n(rest)


_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_PLACEHOLDER = {"build": "xay_dung_moi", "convert": "chuyen_doi", "extend": "mo_rong", "e_iso": "iso_dien_tu"}
OWN_WORDS = gettext_lazy("(The reporting office completes this part.)")


def year_before(on):
    """The first day of the report year that ends on a day: the day after the same day of the year before."""
    try:
        return on.replace(year=on.year - 1) + datetime.timedelta(days=1)
    except ValueError:  # 29 February
        return on.replace(year=on.year - 1, month=3, day=1)


def _n(value):
    return number_format(value, use_l10n=True, force_grouping=True)


def _p(share):
    """A percentage; "–" over an empty base: missing is not zero."""
    return "–" if share is None else f"{number_format(share, 1)} %"
