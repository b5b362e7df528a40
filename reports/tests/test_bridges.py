"""Whatever happened and whatever was put right: every bridge sums, and each agency stands in one term."""

import datetime
import random

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set, record, snapshot, undo
from agencies.models import Agency, ChangeSet, Role
from agencies.testing import day, make_agency, make_user
from procedures.models import AgencyProcedure, Declaration, Rollout, retally
from procedures.testing import declare, make_duties, make_procedure, make_rollout, make_target, standard
from reports import flows
from reports.bridges import Asked, Side, compare
from reports.comparing import compared
from reports.figures import summary
from reports.known import end_of, known, lines_after
from reports.recount import recount, roots_of
from reports.rows import read_rows

FIRST, DAYS = day("2020-01-05"), 400


def random_day(chance):
    return FIRST + datetime.timedelta(days=chance.randrange(DAYS))


class Office:
    """Does one random thing after another through the doors; what a door refuses is left alone."""

    def __init__(self, place, chance):
        self.place, self.chance = place, chance
        self.procedures = [make_procedure(), make_procedure(repealed_on=day("2020-08-01")), make_procedure()]
        self.editor = make_user(Role.EDITOR, place.province.committee)

    def agency(self):
        return self.chance.choice(list(Agency.objects.not_void().order_by("pk")))

    def entry(self):
        return self.chance.choice(list(Declaration.objects.order_by("pk")))

    def rollout(self):
        return self.chance.choice(list(Rollout.objects.select_related("agency").order_by("pk")))

    def act(self):
        acts = [
            self.declares, self.declares, self.declares, self.corrects, self.takes_back, self.repeals, self.returns,
            self.revises, self.closes, self.opens, self.assigns, self.finishes, self.finishes, self.stops,
            self.gets_duties, self.gets_duties, self.applies, self.undoes, self.sets_target,
        ]  # fmt: skip
        try:
            with transaction.atomic():
                self.chance.choice(acts)()
        except (Refused, ChangedMeanwhile, IndexError, IntegrityError):
            return False
        return True

    def declares(self):
        by = self.chance.choice([None, self.editor])
        declare(self.agency(), on=random_day(self.chance), year=self.chance.choice([2008, 2015]), by=by)

    def corrects(self):
        entry = self.entry()
        entry.amend(on=random_day(self.chance), by=None, seen=entry.version)

    def takes_back(self):
        entry = self.entry()
        entry.withdraw(by=None, seen=entry.version, reason="Nhầm")

    def returns(self):
        entry = self.entry()
        entry.return_(by=None, seen=entry.version, note="Thiếu")

    def repeals(self):
        entry = self.entry()
        before = snapshot(entry)
        entry.repealed_on = max(random_day(self.chance), entry.declared_on + datetime.timedelta(days=1))
        entry.save()
        record(open_change_set("Bãi bỏ", by=None), entry, before=before)

    def revises(self):
        agency, province = self.agency(), self.place.province
        what = self.chance.choice(
            [
                {"parent": self.chance.choice([province.van_lam, province.khoai_chau, province.committee])},
                {"covered_by": self.chance.choice([None, province.committee, province.van_lam])},
                {"level": self.chance.choice(["province", "district"]), "parent": province.committee},
            ]
        )
        on = self.chance.choice([None, random_day(self.chance), random_day(self.chance)])
        agency.revise(by=None, seen=agency.version, on=on, **what)

    def closes(self):
        agency, heir = self.agency(), self.chance.choice([None, self.agency()])
        agency.close(
            by=None, seen=agency.version, on=random_day(self.chance), successor=heir, decision="1/NQ"
        )

    def opens(self):
        make_agency(
            parent=self.chance.choice([self.place.province.van_lam, self.place.province.khoai_chau]),
            on=random_day(self.chance),
        )

    def assigns(self):
        due_on = day("2020-06-20") + datetime.timedelta(days=self.chance.randrange(150))
        form = self.chance.choice(["BUILD", "CONVERT"])
        make_rollout(self.place.plan, self.agency(), form=form, due_on=due_on)

    def finishes(self):
        rollout = self.rollout()
        declare(rollout.agency, on=random_day(self.chance), rollout=rollout, seen=rollout.version)

    def stops(self):
        rollout, state = self.rollout(), self.chance.choice(["paused", "cancelled", "active"])
        rollout.move(state, by=None, seen=rollout.version, reason="Chờ", on=random_day(self.chance))

    def gets_duties(self):
        agency, change_set = self.agency(), open_change_set("Giao thủ tục", by=None)
        if AgencyProcedure.objects.filter(agency=agency).exists():
            raise Refused("has them")
        for procedure in self.procedures:
            duty = AgencyProcedure(agency=agency, procedure=procedure, assigned_on=random_day(self.chance))
            duty.save()
            record(change_set, duty)
        retally([agency.pk])

    def applies(self):
        duties = AgencyProcedure.objects.filter(agency=self.agency())
        duties.apply(standard(self.chance.choice([2008, 2015])), on=random_day(self.chance), by=None)

    def undoes(self):
        undo(self.chance.choice(list(ChangeSet.objects.order_by("-pk")[:8])), by=None)

    def sets_target(self):
        self.place.plan.targets.first().revise(self.chance.randrange(90), on=random_day(self.chance), by=None)


def checked(comparison, asked, sides):
    """Whether every bridge sums and sorts each agency once; returns the terms that were seen."""
    seen = set()
    for bridge in comparison.bridges:
        assert bridge.before + sum(t.number for t in bridge.terms) == bridge.after, bridge
        for term in bridge.terms:
            numbers = [line.number for line in term.lines]
            assert term.lines and all(numbers), term
            assert all(n > 0 for n in numbers) or all(n < 0 for n in numbers), term
            seen.add(term.code)
        if bridge.group == "procedures":
            for term in bridge.terms:
                assert len({line.agency for line in term.lines}) == len(term.lines)
            continue
        lines = [line for _term, line in bridge.lines]
        before, after = map(set, bridge.members)
        assert len(lines) == len(before ^ after)
        assert len({(line.agency, line.detail) for line in lines}) == len(lines)
        assert all(line.why and line.name for line in lines), lines
    assert not seen & {"other_in", "other_out"}
    for side, (rows, on) in enumerate((s.rows, s.day) for s in sides):
        counted = recount(rows, on, plan=asked.plan, **asked.seen)
        shown = {b.code: (b.before, b.after)[side] for b in comparison.bridges}
        assert shown["units"] == counted["units"]["total"]
        assert shown["declared"] == counted["units"]["declared"]
        assert shown["form-BUILD"] == counted["rollouts"]["BUILD"]
        assert shown["overdue"] == counted["overdue"]
        if rows.has_duties:
            assert (shown["in_force"], shown["under_iso"]) == (
                counted["procedures"]["in_force"],
                counted["procedures"]["under_iso"],
            )
    return seen


def _same_but_titles(one, other):
    """Lines recorded after the last day may lend their title to a correction when all lines are given."""
    assert (one.targets, one.coverage) == (other.targets, other.coverage)
    for a, b in zip(one.bridges, other.bridges, strict=True):
        assert (a.code, a.before, a.after, a.members) == (b.code, b.before, b.after, b.members)
        assert [(t.code, t.number, [x.agency for x in t.lines]) for t in a.terms] == [
            (t.code, t.number, [x.agency for x in t.lines]) for t in b.terms
        ]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_any_history_of_a_small_province_is_explained_without_rest(place, seed):
    chance = random.Random(seed)
    make_target(place.plan, 3, levels="province,district")
    office, moment = Office(place, chance), FIRST - datetime.timedelta(days=1)
    ChangeSet.objects.update(made_at=end_of(moment))
    for _ in range(70):
        done = set(ChangeSet.objects.values_list("pk", flat=True))
        if office.act():
            moment += datetime.timedelta(days=chance.randrange(12))
            ChangeSet.objects.exclude(pk__in=done).update(made_at=end_of(moment))
    viewer, everybody = make_user(Role.VIEWER, place.province.van_lam), make_user(is_superuser=True)
    cache.clear()
    rows, plan, seen = read_rows(), place.plan, set()
    for _ in range(50):
        first, last = sorted([random_day(chance), random_day(chance)])
        user = chance.choice([None, None, viewer])
        roots = None if user is None else roots_of(user, timezone.localdate())
        scope = chance.choice([place.province.committee, place.province.van_lam, place.province.khoai_chau])
        asked = Asked(plan.pk, scope.pk, roots, chance.random() < 0.3)
        sides = Side(rows, first), Side(rows, last)
        covered = flows.from_tally(rows, first, last, asked, user=user)
        happened = compare(*sides, asked, flows=covered)
        terms = checked(happened, asked, sides)
        assert not terms & {"corrected_in", "corrected_out"}
        scope = Agency.objects.get(pk=scope.pk)
        shown = summary(plan, on=last, scope=scope, user=user, confirmed_only=asked.confirmed_only)
        assert happened.bridge("declared").after == shown.units.declared.part
        assert happened.bridge("under_iso").after == shown.under_iso
        assert [t.actual for t in shown.targets] == [happened.bridge(t.code).after for t in happened.targets]
        lines = lines_after(first)
        then = known(rows, lines, last)
        sides = Side(known(then, lines, first), first), Side(then, last)
        covered = flows.from_rows(*sides, asked)
        was_known = compare(*sides, asked, flows=covered, lines=lines)
        seen |= terms | checked(was_known, asked, sides)
        # The page reads less than everything, and must say the same.
        told = {
            "first": first, "last": last, "scope": scope, "user": user or everybody, "confirmed_only": asked.confirmed_only
        }  # fmt: skip
        assert compared(plan, **told).comparison == happened
        _same_but_titles(compared(plan, as_known=True, **told).comparison, was_known)
    assert {"declared", "corrected_in", "assigned"} <= seen


def test_terms_of_every_kind_come_up(place):
    """The random provinces above would pass without a reorganisation: here is one of each."""
    province, plan = place.province, place.plan
    for agency, year in (
        (province.lac_dao, 2008),
        (province.chi_dao, 2015),
        (province.dong_tao, 2015),
        (province.home, 2015),
    ):
        declare(agency, on="2020-01-10", year=year)
    declare(province.lac_dao, on="2020-09-01", year=2015, number="05/QĐ")
    province.chi_dao.close(
        by=None, seen=1, on=day("2020-10-10"), successor=province.lac_dao, decision="88/NQ-HĐND"
    )
    province.dong_tao.revise(by=None, seen=1, on=day("2020-10-12"), parent=province.van_lam)
    province.home.revise(by=None, seen=1, on=day("2020-10-20"), covered_by=province.committee)
    rows, (first, last) = read_rows(), (day("2020-06-30"), day("2020-12-31"))

    def told(scope, code):
        asked = Asked(plan.pk, scope.pk)
        covered = flows.from_tally(rows, first, last, asked, user=None)
        bridge = compare(Side(rows, first), Side(rows, last), asked, flows=covered).bridge(code)
        return {t.code: [(line.name, line.why) for line in t.lines] for t in bridge.terms}

    assert told(province.committee, "declared") == {
        "merged": [("UBND xã Chỉ Đạo", "sáp nhập vào UBND xã Lạc Đạo ngày 10/10/2020 (theo 88/NQ-HĐND)")],
        "covered": [("Sở Nội vụ", "thuộc HTQLCL của UBND tỉnh Hưng Yên từ ngày 20/10/2020")],
    }
    assert told(province.van_lam, "units") == {
        "moved_in": [
            ("UBND xã Đông Tảo", "chuyển từ UBND huyện Khoái Châu sang UBND huyện Văn Lâm ngày 12/10/2020")
        ],
        "merged": [("UBND xã Chỉ Đạo", "sáp nhập vào UBND xã Lạc Đạo ngày 10/10/2020 (theo 88/NQ-HĐND)")],
    }
    assert told(province.committee, f"standard-{standard(2008).pk}") == {
        "converted_out": [
            (
                "UBND xã Lạc Đạo",
                "chuyển đổi từ TCVN ISO 9001:2008 sang TCVN ISO 9001:2015 ngày 01/09/2020, số 05/QĐ",
            )
        ]
    }
    # Whoever sees one district reads no names of the other.
    asked = Asked(plan.pk, province.van_lam.pk, frozenset([province.van_lam.pk]))
    bridge = compare(Side(rows, first), Side(rows, last), asked, flows=None).bridge("units")
    assert "Khoái Châu" not in bridge.term("moved_in").lines[0].why


def test_procedures_that_rest_on_what_nobody_confirmed_are_a_term_of_their_own(place):
    province, editor = place.province, place.editor
    procedures = [make_procedure() for _ in range(3)]
    make_duties(province.lac_dao, *procedures)
    make_duties(province.chi_dao, *procedures[:2])
    make_duties(province.lac_hong, *procedures[:1])
    declare(province.lac_dao, on="2020-09-01", by=editor)
    # Under ISO without a confirmation on the first day; closed before the second.
    declare(province.chi_dao, on="2020-03-01", by=editor)
    province.chi_dao.close(by=None, seen=1, on=day("2020-10-10"))
    # Waits on the first day as on the second.
    declare(province.lac_hong, on="2020-03-01", by=editor)
    rows, (first, last) = read_rows(), (day("2020-06-30"), day("2020-12-31"))
    for confirmed_only, (before, after), terms in (
        (False, (3, 4), {"applied": 3, "left": -2}),
        (True, (0, 0), {"applied": 3, "unconfirmed_out": -3}),
    ):
        asked = Asked(place.plan.pk, province.committee.pk, None, confirmed_only)
        sides = Side(rows, first), Side(rows, last)
        found = compare(*sides, asked, flows=flows.from_tally(rows, first, last, asked, user=None))
        checked(found, asked, sides)
        bridge = found.bridge("under_iso")
        assert (bridge.before, bridge.after) == (before, after)
        assert {t.code: t.number for t in bridge.terms} == terms
