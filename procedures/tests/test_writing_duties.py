"""The set-based door for duties writes the facts and the lines of history that the other doors write."""

import pytest

from agencies.errors import Refused
from agencies.history import change_of, open_change_set, snapshot, undo
from agencies.models import Change
from agencies.testing import day, make_province
from procedures.models import AgencyProcedure, PastApplication, Procedure, duty_lists
from procedures.models.duty_lists import Duty, write_duties
from procedures.models.tallies import CoverageTally, count_coverage
from procedures.testing import standard

pytestmark = pytest.mark.django_db
AWKWARD = 'Ghi chú "trích", \\ và xuống\ndòng, 100 % {0} Đ'


@pytest.fixture
def agencies():
    return make_province().communes


@pytest.fixture
def procedures():
    return Procedure.objects.bulk_create(
        [Procedure(code=f"1.00000{n}", name=f"Thủ tục {n}") for n in range(1, 4)]
        + [Procedure(name="Thủ tục không mã")]
    )


def new(agency, procedure, *, since="2020-03-01", year=2015, document="QT-01", note="", cell="A!B2"):
    ran = (standard(year).pk, day(since)) if year else (None, None)
    return Duty(agency.pk, procedure.pk, *ran, document, note, cell)


def again(duty, **values):
    """A duty on record as a list says it anew."""
    values = {n: getattr(duty, n) for n in ("standard_id", "applied_on", "document_code", "note")} | values
    return Duty(duty.agency_id, duty.procedure_id, **values, cell="A!B9", id=duty.pk, version=duty.version)


def write(*duties):
    change_set = open_change_set("List", by=None)
    write_duties(list(duties), change_set=change_set)
    return change_set


def told(change):
    names = ("model", "object_id", "label", "agency_id", "before", "after", "cell")
    return {name: getattr(change, name) for name in names}


def test_new_duties_have_the_lines_of_any_door(agencies, procedures):
    change_set = write(
        new(agencies[1], procedures[3], note=AWKWARD, cell="B7"),
        new(agencies[0], procedures[0]),
        new(agencies[0], procedures[1], year=None, document="", cell=""),
    )
    duties = AgencyProcedure.objects.order_by("id")
    assert [(d.agency, d.procedure) for d in duties] == [
        (agencies[0], procedures[0]), (agencies[0], procedures[1]), (agencies[1], procedures[3]),
    ]  # fmt: skip
    cells = ["A!B2", "", "B7"]
    expected = [told(change_of(change_set, d, cell=c)) for d, c in zip(duties, cells, strict=True)]
    assert [told(c) for c in change_set.changes.order_by("id")] == expected
    assert duties[2].note == AWKWARD and duties[2].version == 1


def test_changed_duties_have_the_lines_of_any_door(agencies, procedures):
    write(*(new(agencies[0], p, year=2008, since="2012-05-01") for p in procedures[:3]))
    first, second, third = AgencyProcedure.objects.order_by("id")
    before = [snapshot(d) for d in (first, second, third)]
    change_set = write(
        again(third, standard_id=None, applied_on=None, document_code=""),
        again(first, standard_id=standard().pk, applied_on=day("2019-01-02")),
        again(second, note=AWKWARD),
    )
    now = list(AgencyProcedure.objects.order_by("id"))
    past = PastApplication.objects.get()
    assert (past.agency_procedure_id, past.standard, past.applied_on, past.until) == (
        first.pk, standard(2008), day("2012-05-01"), day("2019-01-02"),
    )  # fmt: skip
    assert [d.version for d in now] == [2, 2, 2]
    expected = [told(change_of(change_set, past, cell="A!B9"))]
    expected += [
        told(change_of(change_set, d, before=b, cell="A!B9")) for d, b in zip(now, before, strict=True)
    ]
    assert [told(c) for c in change_set.changes.order_by("id")] == expected


def test_slices_make_one_list(agencies, procedures, monkeypatch):
    monkeypatch.setattr(duty_lists, "AT_A_TIME", 2)
    change_set = write(*(new(a, p) for a in agencies for p in procedures[:3]))
    assert AgencyProcedure.objects.count() == change_set.changes.count() == 15
    duties = AgencyProcedure.objects.order_by("id")
    change_set = write(*(again(d, note="mới") for d in duties))
    assert set(duties.values_list("note", "version")) == {("mới", 2)}
    assert list(change_set.changes.order_by("id").values_list("object_id", flat=True)) == [
        d.pk for d in duties
    ]


def test_a_duty_changed_since_it_was_read_refuses_the_whole_list(agencies, procedures):
    write(*(new(agencies[0], p) for p in procedures[:2]))
    first, second = AgencyProcedure.objects.order_by("id")
    AgencyProcedure.objects.filter(pk=second.pk).update(version=2, note="khác")
    lines = Change.objects.count()
    with pytest.raises(Refused):
        write(again(first, note="x"), again(second, note="y"), new(agencies[1], procedures[0]))
    assert Change.objects.count() == lines
    assert AgencyProcedure.objects.count() == 2
    # The tables of the list are gone with it: the next one begins afresh.
    write(again(first, note="x"), new(agencies[1], procedures[0]))


def test_the_tally_follows_and_undo_takes_it_back(agencies, procedures):
    write(*(new(agencies[0], p, year=2008, since="2012-05-01") for p in procedures[:3]))
    duty = AgencyProcedure.objects.order_by("id").first()
    tallies = list(CoverageTally.objects.order_by("agency", "day").values_list())
    change_set = write(
        again(duty, standard_id=standard().pk, applied_on=day("2019-01-02")), new(agencies[2], procedures[0])
    )
    rows = CoverageTally.objects.values_list("agency_id", "day", "in_force", "under_iso")
    assert {(a, d): [f, i] for a, d, f, i in rows} == count_coverage()
    assert len(undo(change_set, by=None).restored) == 3
    assert [t[1:] for t in CoverageTally.objects.order_by("agency", "day").values_list()] == [
        t[1:] for t in tallies
    ]
    assert not PastApplication.objects.exists()
