"""A whole province comes back in one zip: only the cells that both sides changed are asked about."""

import datetime
import zipfile
from io import BytesIO

import pytest
from django.utils import timezone

from agencies.history import open_change_set
from agencies.models import Agency, Change, Role, User
from agencies.testing import make_province, make_user
from procedures.models import AgencyProcedure, Rollout
from procedures.models.duty_lists import Duty, write_duties
from procedures.testing import make_duties, make_plan, make_procedure, make_rollout
from procedures.tests.filling import Book, brought_in, choose, handed_in, issued, zipped
from procedures.tests.test_round_trip import media  # noqa: F401 (a fixture)
from procedures.workbooks.columns import KEY
from procedures.workbooks.contents import contents

pytestmark = pytest.mark.django_db
FILLED, ONLINE = datetime.date(2019, 3, 3), datetime.date(2019, 3, 4)


def round_trip(person, agencies, *, changed, online, both):
    """Download one workbook each, fill in one cell in `changed` of them, edit `online` of those records meanwhile, `both`
    of these in the same cell; hand in everything twice. Returns the counts of the first comparison."""
    data = issued(*agencies, one_each=True)
    files = {
        info.filename: zipfile.ZipFile(BytesIO(data)).read(info)
        for info in zipfile.ZipFile(BytesIO(data)).infolist()
    }
    cells = fill_some(files, changed)
    edit_online(cells[:online], both, person)
    data = zipped(files)

    upload, found = handed_in(data, person, "tinh.zip")
    assert [e.code for e in found.errors] == ["E_CONFLICT"] * both
    assert {(c.edit.key, c.edit.name) for c in found.open_conflicts} == set(cells[:both])
    assert found.counts["changed"] == changed - both
    assert found.counts["rows"] == sum(
        len(c.rows) for c in contents(agencies, on=timezone.localdate()).values()
    )
    found = choose(upload, person, every="now")
    assert found.is_fine and found.counts["changed"] == changed - both
    act = brought_in(upload, person)
    records = {(line.model, line.object_id) for line in act.changes.all()}
    assert len(records) == changed - both
    for key, name in cells[both:]:
        assert value_of(key, name) == (FILLED if key.startswith("R") else "đã điền")
    for key, name in cells[:both]:
        assert value_of(key, name) == (ONLINE if key.startswith("R") else "trên mạng")

    before = Change.objects.count()
    upload, found = handed_in(data, person, "tinh-lan-2.zip")
    assert found.is_fine and found.counts["changed"] == 0 and not found.open_conflicts
    assert brought_in(upload, person) is None and Change.objects.count() == before


def fill_some(files, number):
    """Fill one cell in so many workbooks, undertakings and procedures in turn: [(key, column)]."""
    cells = []
    for turn, name in enumerate(sorted(files)[:number]):
        book = Book(files[name])
        letter = "R" if turn % 2 == 0 and "R" in book.headings else "P"
        key = str(book.sheet(letter).cell(5, book.headings[letter][KEY]).value).partition(".")[2]
        column = "trained" if letter == "R" else "note"
        book.fill(key, **{column: FILLED if letter == "R" else "đã điền"})
        files[name] = book.data
        cells.append((key, column))
    return cells


def edit_online(cells, both, person):
    """Somebody edits these records on screen meanwhile, the first `both` in the very cell that was filled in."""
    lines = []
    for number, (key, _name) in enumerate(cells):
        is_same = number < both
        if key.startswith("R"):
            rollout = Rollout.objects.select_related("agency").get(pk=int(key[1:]))
            stage = "trained" if is_same else "surveyed"
            milestone = rollout.milestones.filter(stage=stage).first()
            if milestone is None:
                rollout.reach(stage, on=ONLINE, by=person, seen=rollout.version)
            else:
                rollout.amend(milestone, on=ONLINE, by=person, seen=rollout.version)
            continue
        duty = AgencyProcedure.objects.get(pk=int(key[1:]))
        after = (duty.document_code, "trên mạng") if is_same else ("QT-M", duty.note)
        lines.append(
            Duty(
                duty.agency_id,
                duty.procedure_id,
                duty.standard_id,
                duty.applied_on,
                *after,
                "",
                duty.pk,
                duty.version,
            )
        )
    write_duties(lines, change_set=open_change_set("Sửa trên màn hình", by=person))


def value_of(key, name):
    if key.startswith("R"):
        return Rollout.objects.get(pk=int(key[1:])).milestones.get(stage=name).reached_on
    return getattr(AgencyProcedure.objects.get(pk=int(key[1:])), name)


def test_a_small_province_comes_back():
    province = make_province()
    plan, procedures = make_plan(province.committee), [make_procedure(), make_procedure()]
    for agency in province.communes:
        make_rollout(plan, agency)
    for agency in province.all:
        make_duties(agency, *procedures)
    round_trip(make_user(Role.COORDINATOR, province.committee), province.all, changed=8, online=6, both=3)


@pytest.mark.faults
def test_hung_yen_comes_back(demo):
    agencies = list(Agency.objects.open_on(timezone.localdate()).order_by("path"))
    # One body of the demonstration has neither an undertaking nor a procedure: it gets one.
    for content in contents(agencies, on=timezone.localdate()).values():
        if not content.rows:
            make_duties(content.agency, make_procedure(code="9.999999"))
    assert len(agencies) == 207
    round_trip(User.objects.get(username="dieuphoi"), agencies, changed=80, online=40, both=15)
