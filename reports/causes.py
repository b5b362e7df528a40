"""Why a figure counts an agency on one day and not on another: the term of a bridge, and a sentence for the reader."""

import datetime
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from agencies.models import Level
from procedures.lifecycle import Form, State
from reports import recount

UNIT_RECORDS = ("agencies.agency", "agencies.pastidentity", "procedures.declaration")
ROLLOUT_RECORDS = ("procedures.rollout", "procedures.milestone", "procedures.rolloutmove", "agencies.agency")
DUTY_RECORDS = ("procedures.agencyprocedure", "procedures.pastapplication", "agencies.agency")
ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """One agency in a term, and why. `number`: by how much it changes the figure. `detail` tells which undertaking."""

    agency: int
    name: str
    why: str
    number: int = 1
    detail: str = ""

    @property
    def signed(self):
        return signed(self.number)


def signed(number):
    """`+5`, `−3` with a minus sign, `0`."""
    text = number_format(abs(number))
    return f"+{text}" if number > 0 else f"−{text}" if number < 0 else text


def written(day):
    return f"{day:%d/%m/%Y}"


class Causes:
    """Reads causes from `rows` between two days. `lines` of history, the latest first, tell what was corrected.

    `earlier`: the rows of the first day, for agencies that the later ones do not know.
    """

    def __init__(self, rows, first, last, *, asked, lines=(), earlier=None):
        self.rows, self.first, self.last, self.asked = rows, first, last, asked
        self.earlier = earlier or rows
        self.lines_of = {}
        for line in lines:
            self.lines_of.setdefault(line.agency_id, []).append(line)

    # What is told of an agency

    def name(self, pk):
        """The agency's name on the last day, or on its last one; of one that the person does not see, no name."""
        rows = self.rows if pk in self.rows.agency else self.earlier
        agency = rows.agency.get(pk)
        if agency is None or not recount.may_see(rows, self.asked.roots, pk):
            return _("another agency")
        day = self.last
        if agency["dissolved_on"] is not None and agency["dissolved_on"] <= day:
            day = agency["dissolved_on"] - ONE_DAY
        return recount.identity_on(rows, agency, day)[0]

    def line(self, pk, why, **more):
        return Line(pk, self.name(pk), why, **more)

    def _days_of_change(self, agency):
        """The first days of the identities that began between the two days, the latest first."""
        days = {past["until"] for past in self.rows.identities_of.get(agency["id"], ())}
        return sorted((d for d in days if self.first < d <= self.last), reverse=True)

    def _since(self, agency, part):
        """The day between the two on which a part of the identity (its number) last became what it is."""
        for day in self._days_of_change(agency):
            before = recount.identity_on(self.rows, agency, day - ONE_DAY)[part]
            if before != recount.identity_on(self.rows, agency, day)[part]:
                return day
        return None

    def _recorded(self, pk, records):
        """What was recorded meanwhile about an earlier day: its sentence."""
        lines = [line for line in self.lines_of.get(pk, ()) if line.model in records]
        first = self.first.isoformat()

        def earlier(line):
            texts = [*(line.before or {}).values(), *(line.after or {}).values()]
            return any(isinstance(t, str) and t[:2] in ("19", "20") and t[:10] <= first for t in texts)

        told = next((line for line in lines if earlier(line)), lines[0] if lines else None)
        if told is None:
            return _("by what was recorded afterwards about the agencies above it")
        day = timezone.localtime(told.made_at)
        return _("recorded on %(day)s: %(what)s") % {"day": written(day), "what": told.title}

    # Joining and leaving

    def joins(self, pk):
        """(term, why) of an agency that exists as a unit of the scope on the last day only."""
        agency = self.rows.agency[pk]
        if not recount.exists_on(agency, self.first):
            return "established", self._established(agency)
        was = recount.identity_on(self.rows, agency, self.first)
        if self.asked.scope is not None and self.asked.scope not in was[3]:
            return "moved_in", self._moved(agency)
        day = self._since(agency, 2)
        told = _("has a system of its own since %(day)s; before covered by %(name)s")
        return "own_system", told % {"day": written(day or self.last), "name": self.name(was[2])}

    def leaves(self, pk):
        """(term, why) of one that was a unit of the scope on the first day and is none on the last."""
        agency = self.rows.agency[pk]
        if not recount.exists_on(agency, self.last):
            return self._closed(agency)
        now = recount.identity_on(self.rows, agency, self.last)
        if self.asked.scope is not None and self.asked.scope not in now[3]:
            return "moved_out", self._moved(agency)
        day = self._since(agency, 2)
        told = _("covered by the system of %(name)s since %(day)s")
        return "covered", told % {"name": self.name(now[2]), "day": written(day or self.last)}

    def _established(self, agency):
        day = agency["established_on"]
        origin = [s for s in self.rows.predecessors_of.get(agency["id"], ()) if s["on"] == day]
        if not origin:
            return _("established on %(day)s") % {"day": written(day)}
        names = ", ".join(self.name(s["predecessor_id"]) for s in origin)
        return _("established on %(day)s from %(names)s") % {"day": written(day), "names": names}

    def _closed(self, agency):
        day = agency["dissolved_on"]
        heirs = [s for s in self.rows.successors_of.get(agency["id"], ()) if s["on"] == day]
        if not heirs:
            return "closed", _("closed on %(day)s") % {"day": written(day)}
        names = ", ".join(self.name(s["successor_id"]) for s in heirs)
        why = _("merged into %(names)s on %(day)s") % {"names": names, "day": written(day)}
        if decision := next((s["decision"] for s in heirs if s["decision"]), ""):
            why += " " + _("(decision %(number)s)") % {"number": decision}
        return "merged", why

    def _moved(self, agency):
        told = {"day": written(self._since(agency, 3) or self.last)}
        for name, day in (("old", self.first), ("new", self.last)):
            lineage = recount.identity_on(self.rows, agency, day)[3]
            told[name] = self.name(lineage[-2]) if len(lineage) > 1 else "–"
        return _("moved from %(old)s to %(new)s on %(day)s") % told


class OfUnits(Causes):
    """Causes in the figures of units; states are `recount.Unit`."""

    def corrected(self, pk):
        return self.line(pk, self._recorded(pk, UNIT_RECORDS))

    def explain(self, pk, was, now, counts):
        """(term, Line) of a unit that one figure counts on one day only; `was`, `now`: its state, None without."""
        if was is None:
            term, why = self.joins(pk)
        elif now is None:
            term, why = self.leaves(pk)
        elif counts(replace(was, level=now.level), self.last) != counts(was, self.first):
            term, why = self._level(pk, was, now, enters=counts(now, self.last))
        elif counts(now, self.last):
            term = "declared" if was.standard is None else "converted_in"
            why = self._declared(pk, was)
        elif now.standard is None:
            term, why = "repealed", self._repealed(pk)
        else:
            term, why = "converted_out", self._declared(pk, was)
        return term, self.line(pk, why)

    def _level(self, pk, was, now, *, enters):
        day = self._since(self.rows.agency[pk], 1)
        told = {
            "old": Level(was.level).label,
            "new": Level(now.level).label,
            "day": written(day or self.last),
        }
        return ("level_in" if enters else "level_out"), _("from %(old)s to %(new)s on %(day)s") % told

    def _declared(self, pk, was):
        """`declared under … on …, number …`, and from which standard it came."""
        only = self.asked.confirmed_only
        last = recount.declaration_on(self.rows, pk, self.last, confirmed_only=only)
        told = {
            "standard": self.rows.standards.get(last["standard_id"], ""),
            "day": written(last["declared_on"]),
            "old": self.rows.standards.get(was.standard, ""),
        }
        if was.standard is None or was.standard == last["standard_id"]:
            why = _("declared under %(standard)s on %(day)s") % told
        else:
            why = _("converted from %(old)s to %(standard)s on %(day)s") % told
        if last["number"]:
            why += ", " + _("number %(number)s") % {"number": last["number"]}
        return why

    def _repealed(self, pk):
        only = self.asked.confirmed_only
        made = [
            d
            for d in self.rows.declarations_of.get(pk, ())
            if d["declared_on"] <= self.last and recount.counts(d, only)
        ]
        day = max(made, key=lambda d: (d["declared_on"], d["id"]))["repealed_on"]
        return _("declaration repealed on %(day)s") % {"day": written(day)}


class OfUndertakings(Causes):
    """Causes in the figures of undertakings; states are `recount.Undertaking`, keys are rollouts."""

    def _rollout(self, pk):
        return self.rows.rollout.get(pk) or self.earlier.rollout[pk]

    def line(self, pk, why, **more):
        rollout = self._rollout(pk)
        detail = f"{Form(rollout['form']).label} {rollout['year']}"
        return super().line(rollout["agency_id"], why, detail=detail, **more)

    def corrected(self, pk):
        return self.line(pk, self._recorded(self._rollout(pk)["agency_id"], ROLLOUT_RECORDS))

    def explain(self, pk, was, now, counts):
        """(term, Line) of an undertaking that one figure counts on one day only."""
        enters = now is not None and counts(now, self.last)
        if now is None:
            return "other_out", self.line(pk, "")
        due = {"day": written(now.due_on)}
        if was is None:
            day = self._rollout(pk)["assigned_on"]
            return "assigned", self.line(pk, _("assigned on %(day)s") % {"day": written(day)})
        if now.declared_on is not None and was.declared_on is None:
            why = _("declared on %(day)s") % {"day": written(now.declared_on)}
            return ("declared" if enters else "done"), self.line(pk, why)
        if now.is_open and counts(replace(was, rank=now.rank), self.first) != counts(was, self.first):
            return ("stage_in" if enters else "stage_out"), self.line(pk, self._reached(pk, was, now))
        if enters and now.is_open and was.is_open:
            return "due", self.line(pk, _("was due on %(day)s") % due)
        if not enters and not now.is_open:
            return "ended", self.line(pk, self._moved_to(pk, now))
        return ("other_in" if enters else "other_out"), self.line(pk, "")

    def _reached(self, pk, was, now):
        """From which stage to which, and the day of the milestone that counts; without one it was taken back."""
        days = [
            m["reached_on"]
            for m in self.rows.milestones_of.get(pk, ())
            if m["rank"] == now.rank and recount.counts(m, self.asked.confirmed_only)
        ]
        told = {"old": recount.PHASES[was.rank].label, "new": recount.PHASES[now.rank].label}
        if not days:
            return _("from “%(old)s” to “%(new)s”") % told
        return _("from “%(old)s” to “%(new)s” on %(day)s") % (told | {"day": written(min(days))})

    def _moved_to(self, pk, now):
        days = [m["moved_on"] for m in self.rows.moves_of.get(pk, ()) if m["moved_on"] <= self.last]
        told = {"state": State(now.state).label, "day": written(max(days))}
        return _("%(state)s on %(day)s") % told


class OfDuties(Causes):
    """Causes in the figures of procedures: an agency with a number."""

    def told(self, pk, term, number):
        """The Line of an agency in a term of procedures."""
        why = {
            "joined": lambda: self._joins(pk),
            "left": lambda: self._leaves(pk),
            "corrected_in": lambda: self._recorded(pk, DUTY_RECORDS),
            "corrected_out": lambda: self._recorded(pk, DUTY_RECORDS),
        }.get(term, lambda: "")()
        return self.line(pk, why, number=number)

    def _joins(self, pk):
        agency = self.rows.agency[pk]
        return self._moved(agency) if recount.exists_on(agency, self.first) else self._established(agency)

    def _leaves(self, pk):
        agency = self.rows.agency[pk]
        return self._moved(agency) if recount.exists_on(agency, self.last) else self._closed(agency)[1]
