"""Two days beside each other: the figures, the bridge between them, and the agencies behind each of its terms."""

import datetime

from django import forms
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agencies.viewpoint import DayField
from procedures.lifecycle import Form
from procedures.models import Plan, Rollout
from procedures.views.lists import PER_PAGE, seen_from
from reports.bridges import TERMS
from reports.causes import signed
from reports.comparing import compared
from reports.definitions import FIGURES
from reports.views.board import chosen_plan
from reports.waterfall import waterfall

AS_KNOWN = "known"
# The groups of the table of both days, in their order.
GROUPS = {
    "units": gettext_lazy("Units and declarations"),
    "standards": gettext_lazy("By standard"),
    "units-by-level": gettext_lazy("Units by level"),
    "declared-by-level": gettext_lazy("Declared by level"),
    "targets": gettext_lazy("Targets of the plan"),
    "forms": gettext_lazy("Declared under the plan"),
    "stages": gettext_lazy("The plan's rollouts by stage"),
    "overdue": gettext_lazy("Undertakings"),
    "procedures": gettext_lazy("Procedures"),
}
OF_ROLLOUTS = ("targets", "forms", "stages", "overdue")
# Their figures say what they are only with the heading that they stand under.
NAMED_WITH_HEADING = ("units-by-level", "declared-by-level", "standards", "forms", "stages")


class TwoDays:
    """What the address asks: `view` (scope, last day, switch), the first day, the plan, and whether *as known*."""

    def __init__(self, request):
        self.view, self.params, self.user = seen_from(request), request.GET, request.user
        self.plan, self.plans, self.error = None, [], ""
        self.as_known = self.params.get("as") == AS_KNOWN
        if self.view.scope is None:
            return
        plans = Plan.objects.visible_to(request.user).select_related("agency")
        self.plans = list(plans)
        self.plan = chosen_plan(self.plans, self.params.get("plan"), self.view)
        self.first = self.default = self._default()
        if text := self.params.get("from", "").strip():
            try:
                self.first = DayField(required=False).clean(text)
            except forms.ValidationError as fault:
                self.error = fault.messages[0]
        if not self.error and self.first > self.view.on:
            self.error = _("The first day must not lie after the second.")
        if self.error:
            self.first = min(self.default, self.view.on)

    def _default(self):
        """The plan's first day, else the end of the year before."""
        if self.plan and self.plan.starts_on < self.view.on:
            return self.plan.starts_on
        return datetime.date(self.view.on.year - 1, 12, 31)

    @property
    def first_text(self):
        return self.params.get("from", "") if self.error else f"{self.first:%d/%m/%Y}"

    @property
    def status(self):
        return 422 if self.error else self.view.status

    def query(self, **more):
        """The address's parameters with both days, the plan and the switches."""
        own = {
            "from": f"{self.first:%d/%m/%Y}",
            "plan": self.params.get("plan"),
            "as": AS_KNOWN if self.as_known else None,
        }
        return self.view.query(**(own | more))

    def compared(self):
        return compared(
            self.plan, first=self.first, last=self.view.on, scope=self.view.scope, user=self.user,
            as_known=self.as_known, confirmed_only=self.view.confirmed_only,
        )  # fmt: skip

    def list_url(self, **more):
        return reverse("compare_agencies") + self.query(**more)


@require_safe
def compare_page(request):
    """The figures of two days, their difference, and why."""
    asked = TwoDays(request)
    if asked.view.scope is None:
        return render(request, "reports/no_grants.html")
    found = asked.compared()
    return render(
        request,
        "reports/compare.html",
        {
            "view": asked.view,
            "asked": asked,
            "plan": asked.plan,
            "groups": _groups(found.comparison, asked),
            "bridges": [_drawn(b, asked) for b in found.comparison.bridges if b.is_main and b.terms],
            "is_empty": found.comparison.is_empty,
            "sentence": _sentence(found.comparison, asked),
            "unrecorded": sum(found.unrecorded.values()),
            "no_coverage": found.comparison.bridge("in_force") is None,
            "quick_choices": _quick_choices(asked),
            "modes": _modes(asked),
            "definitions": FIGURES,
        },
        status=asked.status,
    )


@require_safe
def compare_agencies(request):
    """The agencies behind one figure: those of a term, of a whole bridge, or those counted on one of the days."""
    asked = TwoDays(request)
    if asked.view.scope is None:
        return render(request, "reports/no_grants.html")
    bridge = asked.compared().comparison.bridge(request.GET.get("figure", ""))
    term, side = request.GET.get("term", ""), request.GET.get("side", "")
    if bridge is None or (term and term not in TERMS) or side not in ("", "from", "to"):
        raise Http404
    if side and bridge.group == "procedures":
        raise Http404
    if side:
        rows = bridge.members[side == "to"]
    else:
        rows = [(t, line) for t, line in bridge.lines if term in ("", t.code)]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if side:
        page.object_list = _members(page.object_list, bridge, asked.view.on if side == "to" else asked.first)
    return render(
        request,
        "reports/compare_agencies.html",
        {
            "view": asked.view,
            "asked": asked,
            "bridge": _drawn(bridge, asked),
            "term": TERMS[term] if term else "",
            "side": side,
            "day": asked.view.on if side == "to" else asked.first,
            "page_obj": page,
            "back": reverse("compare") + asked.query(),
            "has_details": bridge.group in OF_ROLLOUTS,
            "has_numbers": bridge.group == "procedures",
        },
        status=asked.status,
    )


def _groups(comparison, asked):
    """The table of both days: [(heading, rows)]."""
    found = []
    values = {t.code: t for t in comparison.targets}
    for group, heading in GROUPS.items():
        rows = [_row(b, asked, values) for b in comparison.bridges if b.group == group]
        if group == "forms":
            rows = [row for row in rows if row["bridge"].before or row["bridge"].after]
        if group == "procedures" and rows:
            target = values.get("under_iso")
            sides = zip(comparison.coverage, target.values if target else (None, None), strict=True)
            rows.append({"percents": list(sides), "label": _("Coverage")})
        if rows:
            found.append({"heading": heading, "rows": rows})
    return found


def _row(bridge, asked, targets):
    """One figure; the target of coverage is in per cent and stands beside the percentage."""
    target = targets.get(bridge.code) if bridge.group == "targets" else None
    return {
        "bridge": bridge,
        "label": bridge.label,
        "difference": signed(bridge.difference),
        "url": asked.list_url(figure=bridge.code),
        "values": target.values if target else None,
    } | _side_urls(bridge, asked)


def _side_urls(bridge, asked):
    """The lists of what was counted on either day; procedures as known have none."""
    if bridge.group != "procedures":
        return {
            "before_url": asked.list_url(figure=bridge.code, side="from"),
            "after_url": asked.list_url(figure=bridge.code, side="to"),
        }
    if asked.as_known:
        return {"before_url": "", "after_url": ""}
    iso = {"iso": "yes"} if bridge.code == "under_iso" else {}
    first = None if asked.first == asked.view.today else f"{asked.first:%d/%m/%Y}"
    return {
        "before_url": reverse("duties") + asked.view.query(on=first, **iso),
        "after_url": reverse("duties") + asked.view.query(**iso),
    }


def _drawn(bridge, asked):
    """A bridge as the rows of a waterfall."""
    steps = waterfall(bridge.before, [t.number for t in bridge.terms], bridge.after)
    terms = [
        {
            "label": term.label,
            "number": signed(term.number),
            "count": len(term.lines),
            "step": step,
            "url": asked.list_url(figure=bridge.code, term=term.code),
        }
        for term, step in zip(bridge.terms, steps[1:-1], strict=True)
    ]
    return {
        "code": bridge.code,
        "label": bridge.label,
        "title": f"{GROUPS[bridge.group]}: {bridge.label}"
        if bridge.group in NAMED_WITH_HEADING
        else bridge.label,
        "of_procedures": bridge.group == "procedures",
        "before": bridge.before,
        "after": bridge.after,
        "difference": signed(bridge.difference),
        "first_step": steps[0],
        "last_step": steps[-1],
        "terms": terms,
        "url": asked.list_url(figure=bridge.code),
    } | _side_urls(bridge, asked)


def _sentence(comparison, asked):
    """What happened between the two days, in plain words."""
    days = {"first": f"{asked.first:%d/%m/%Y}", "last": f"{asked.view.on:%d/%m/%Y}"}
    if comparison.is_empty:
        return _("Nothing changed between %(first)s and %(last)s.") % days
    declared = comparison.bridge("declared")
    told = days | {
        "before": number_format(declared.before),
        "after": number_format(declared.after),
        "difference": signed(declared.difference),
    }
    if not declared.difference:
        text = _("From %(first)s to %(last)s the number of declared units stayed at %(after)s") % told
    else:
        text = (
            _("From %(first)s to %(last)s declared units went from %(before)s to %(after)s (%(difference)s)")
            % told
        )
    if declared.terms:
        text += ": " + ", ".join(f"{number_format(len(t.lines))} {t.label}" for t in declared.terms)
    before, after = comparison.coverage
    if before is not None and after is not None and before != after:
        text += "; " + _("procedures under ISO went from %(before)s %% to %(after)s %%") % {
            "before": number_format(before, 1),
            "after": number_format(after, 1),
        }
    return f"{text}."


def _quick_choices(asked):
    """Pairs of days that are often asked for: the plan, its years, the last month, this year."""
    today, pairs = asked.view.today, []
    if asked.plan:
        last = min(asked.plan.ends_on, today)
        pairs.append((_("The whole plan"), asked.plan.starts_on, last))
        for year in asked.plan.years:
            end = min(datetime.date(year, 12, 31), today)
            begin = max(datetime.date(year - 1, 12, 31), asked.plan.starts_on)
            pairs.append((_("Year %s") % year, begin, end))
    month = today.replace(day=1) - datetime.timedelta(days=1)
    pairs.append((_("This month"), month, today))
    pairs.append((_("This year"), datetime.date(today.year - 1, 12, 31), today))
    return [
        {
            "label": label,
            "url": asked.query(**{"from": f"{a:%d/%m/%Y}", "on": None if b == today else f"{b:%d/%m/%Y}"}),
            "current": (a, b) == (asked.first, asked.view.on),
        }
        for label, a, b in pairs
        if a < b
    ]


def _modes(asked):
    return [
        {"label": _("As it happened"), "url": asked.query(**{"as": None}), "current": not asked.as_known},
        {"label": _("As it was known"), "url": asked.query(**{"as": AS_KNOWN}), "current": asked.as_known},
    ]


def _members(keys, bridge, day):
    """One page of what a figure counts on a day: agencies, or undertakings with their agency."""
    details = {}
    if bridge.group in OF_ROLLOUTS:
        rollouts = Rollout.objects.filter(pk__in=keys).values_list("pk", "agency_id", "form", "year")
        details = {pk: (agency, f"{Form(form).label} {year}") for pk, agency, form, year in rollouts}
    ids = {details[key][0] if details else key for key in keys}
    names = {a.pk: a.name for a in Agency.objects.filter(pk__in=ids)}
    names |= {a.pk: a.name for a in Agency.objects.filter(pk__in=ids).as_of(day)}
    found = []
    for key in keys:
        agency, detail = details.get(key, (key, ""))
        found.append((None, {"agency": agency, "name": names.get(agency, ""), "detail": detail, "why": ""}))
    return found
