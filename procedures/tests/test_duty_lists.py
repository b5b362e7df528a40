"""Lists of agency procedures: every rule, in lists short and long."""

import io
import json
import subprocess
import sys
import zlib

import pytest
from django.urls import reverse

from agencies.imports import engine, staging, uploads
from agencies.imports.checked import Options
from agencies.models import Role, Upload
from agencies.models.history import UploadState
from agencies.testing import day, make_province, make_user, workbook
from iso_rollout.sheets import child
from procedures import imports
from procedures.models import AgencyProcedure, Standard
from procedures.testing import make_duties, make_procedure

pytestmark = pytest.mark.django_db
KIND = imports.kind("agency-procedures")
HEAD = ("Mã cơ quan", "Mã TTHC", "Tiêu chuẩn", "Ngày áp dụng", "Số văn bản")
LONG = 12_000


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def coordinator(province):
    return make_user(Role.COORDINATOR, province.committee)


def check(*rows, **given):
    return engine.check(KIND, workbook(HEAD, *rows), "qt.xlsx", **given)


def told(checked):
    return [(problem.code, problem.cell) for problem in checked.errors]


def write(checked):
    return engine.write(KIND, checked).checked


def test_each_rule_names_its_cell(province):
    one, two, ran = make_procedure(), make_procedure(), make_procedure()
    new = Standard.objects.get(code="TCVN ISO 9001:2015")
    make_duties(province.lac_dao, ran, standard=new, applied_on=day("2020-01-01"))
    code = province.lac_dao.code
    checked = check(
        (code, one.code, "2015", "01/02/2020", "QT-01"),
        (code, "9.999999", "2015", "01/02/2020", None),
        ("NO.SUCH", two.code, "2015", "01/02/2020", None),
        (code, one.code, None, None, None),
        (code, two.code, "2015", None, None),
        (province.binh_minh.code, two.code, "2015", "01/01/2015", None),
        (province.binh_minh.code, one.code, None, "01/02/2020", None),
        (code, ran.code, "2008", "01/01/2019", None),
        (province.lac_hong.code, one.code, "2031", "01/02/2020", None),
    )
    assert sorted(told(checked)) == sorted([
        ("E_PROCEDURE_UNKNOWN", "B3"), ("E_AGENCY_UNKNOWN", "A4"), ("E_DUP", "B5"), ("E_REQUIRED", "D6"), ("E_DATE", "D7"),
        ("E_STANDARD", "C8"), ("E_DATE", "D9"), ("E_STANDARD", "C10"),
    ])  # fmt: skip
    assert [(checked.number_of(outcome), len(checked.of(outcome))) for outcome in ("new", "wrong")] == [
        (1, 1),
        (8, 8),
    ]
    assert checked.of("wrong")[1:3][0].number == 4
    assert next(str(p) for p in checked.errors if p.code == "E_DUP").find("2") > 0


def test_what_a_row_leaves_empty_stays(province):
    procedure = make_procedure()
    new = Standard.objects.get(code="TCVN ISO 9001:2015")
    make_duties(province.lac_dao, procedure, standard=new, applied_on=day("2020-01-01"), document_code="QT-9")
    code = province.lac_dao.code
    assert check((code, procedure.code, None, None, None)).counts["unchanged"] == 1
    checked = check((code, procedure.code, "2015", "02/01/2020", None))
    (line,) = checked.of("changed")
    assert [(d.name, d.before, d.after, d.cell) for d in line.differences] == [
        ("applied_on", "01/01/2020", "02/01/2020", "D2")
    ]
    assert (line.record["document"], checked.tally_changed().total()) == ("QT-9", 1)
    write(checked)
    duty = AgencyProcedure.objects.get()
    assert (duty.applied_on, duty.document_code) == (day("2020-01-02"), "QT-9")


def test_an_agency_merged_over_its_procedures_counts_for_all_of_them(province):
    codes = [make_procedure(code=f"1.00012{i}").code for i in range(2)]
    rows = [["UBND xã Lạc Đạo", codes[0]], [None, codes[1]], ["UBND xã Chỉ Đạo", codes[0]]]
    data = workbook(["Tên đơn vị", "Mã TTHC"], *rows, merges=[("A2:A3", "UBND xã Lạc Đạo")])
    checked = engine.check(KIND, data, "tthc.xlsx")
    assert [str(e) for e in checked.errors] == []
    assert [r["agency_code"] for r in checked.records()] == ["H31.20.1", "H31.20.1", "H31.20.3"]


def test_an_agency_above_its_procedures_counts_for_all_of_them(province):
    one, two = make_procedure(), make_procedure()
    head = ["TT", "Mã TTHC", "Tên TTHC", "Số văn bản"]
    rows = [["I", "UBND XÃ LẠC ĐẠO"], ["1", "Lĩnh vực Hộ tịch"], [1, one.code, "Khai sinh", "QT-01"], [2, two.code, "Khai tử", "QT-02"]]  # fmt: skip
    checked = engine.check(KIND, workbook(head, *rows), "tthc.xlsx")
    assert told(checked) == [] and [line.agency_id for line in checked.of()] == [province.lac_dao.pk] * 2
    checked = engine.check(KIND, workbook(head, *rows[2:]), "tthc.xlsx")
    assert [e.code for e in checked.errors] == ["E_HEADER_MISSING"]


def test_agencies_by_name_and_a_list_over_two_sheets(province):
    one, two = make_procedure(), make_procedure()
    from iso_rollout.sheets.tests import workbooks as w

    head = ["Tên cơ quan", "Cơ quan cấp trên", "Mã TTHC", "Tiêu chuẩn", "Ngày áp dụng"]
    first = [head, ["UBND xã Lạc Đạo", "UBND huyện Văn Lâm", one.code, "2015", "01/02/2020"]]
    second = [head, ["UBND xã Lạc Đạo", "UBND huyện Văn Lâm", two.code, "2015", "01/03/2020"]]
    data = w.xlsx(first, name="Một", more=[("Hai", second, False)])
    checked = engine.check(KIND, data, "qt.xlsx")
    assert (told(checked), checked.counts["new"], checked.matched_by()["name"]) == ([], 2, 2)
    assert [(line.sheet, line.number, line.how) for line in checked.of()] == [
        ("Một", 2, "name"),
        ("Hai", 2, "name"),
    ]
    assert [record["procedure"] for record in checked.records()] == [one.code, two.code]
    change_set = engine.write(KIND, checked).change_set
    assert set(change_set.changes.values_list("cell", flat=True)) == {"Một!C2", "Hai!C2"}


def test_the_digest_tells_what_would_be_written_and_nothing_else(province):
    one, two = make_procedure(), make_procedure()
    row = (province.lac_dao.code, one.code, "2015", "01/02/2020", "QT-01")
    other = (province.lac_dao.code, two.code, "2015", "01/02/2020", None)
    found = check(row, other).digest
    assert check(row, other).digest == found
    for changed in (
        (row, (*other[:4], "QT-02")),
        (row, (*other[:3], "02/02/2020", None)),
        (row,),
        ((province.lac_hong.code, *row[1:]), other),
    ):
        assert check(*changed).digest != found
    write(check(row))
    again = check(row, other)
    # Somebody notes something beside what stays as it is: the list still does the same.
    AgencyProcedure.objects.update(note="x", version=7)
    assert check(row, other).digest == again.digest


# Long lists, and what is kept of a file


def long_list(province, rows=LONG):
    """A csv of many duties, one new line for each pair of agency and procedure."""
    agencies = [province.lac_dao, province.lac_hong, province.binh_minh]
    procedures = [make_procedure() for _ in range(rows // len(agencies))]
    out = io.StringIO()
    print(*HEAD, sep=",", file=out)
    for agency in agencies:
        for number, procedure in enumerate(procedures):
            print(
                agency.code,
                procedure.code,
                "TCVN ISO 9001:2015",
                "01/02/2020",
                f"QT-{number}",
                sep=",",
                file=out,
            )
    return out.getvalue().encode()


@pytest.fixture
def opened(monkeypatch):
    """The files that were opened, by their size."""
    sizes, ask = [], child.ask

    def count(data, **given):
        sizes.append(len(data))
        return ask(data, **given)

    monkeypatch.setattr(staging, "ask", count)
    return sizes


def test_every_step_of_a_long_list_is_small_and_opens_nothing(province, coordinator, client, opened):
    client.force_login(coordinator)
    upload = uploads.receive(long_list(province), "qt.csv", kind=KIND, user=coordinator)
    uploads.check(KIND, upload, user=coordinator)
    assert upload.counts["new"] == LONG
    for step, query in [
        ("recognise", ""), ("match", ""), ("check", ""), ("check", "?show=new&page=200"), ("check", "?show=warnings"),
        ("confirm", ""),
    ]:  # fmt: skip
        page = client.get(reverse(f"import_{step}", args=[upload.pk]) + query)
        assert (page.status_code, len(page.content) < 300_000) == (200, True), step
    assert "TCVN ISO 9001:2015" in page.content.decode()
    assert len(opened) == 1
    last = client.get(reverse("import_check", args=[upload.pk]) + f"?show=new&page={LONG // 50}")
    assert len(last.context["lines"]) == 50 and last.context["lines"][-1]["line"].number == LONG + 1
    uploads.confirm(upload, user=coordinator)
    uploads.apply(KIND, upload, user=coordinator)
    assert (upload.state, AgencyProcedure.objects.count(), len(opened)) == (UploadState.APPLIED, LONG, 1)


def test_nothing_of_a_page_is_left_in_memory(province, coordinator, client):
    """A context of Django's templates is a ring that only the collector takes apart: it must not hold a long list."""
    import gc

    from iso_rollout.sheets.reading import Reading

    client.force_login(coordinator)
    upload = uploads.receive(long_list(province, 300), "qt.csv", kind=KIND, user=coordinator)
    gc.collect()
    # What other tests of this process still hold is theirs: lazy objects among it are not to be woken by isinstance.
    before = [thing for thing in gc.get_objects() if type(thing) is Reading]
    gc.disable()
    try:
        for step in ("recognise", "match", "check", "confirm"):
            assert client.get(reverse(f"import_{step}", args=[upload.pk])).status_code == 200
        after = [thing for thing in gc.get_objects() if type(thing) is Reading]
        assert len(after) == len(before)
    finally:
        gc.enable()


@pytest.fixture
def upload(province, coordinator):
    upload = uploads.receive(long_list(province, 3), "qt.csv", kind=KIND, user=coordinator)
    uploads.check(KIND, upload, user=coordinator)
    return upload


def kept(upload, ending=".read"):
    return upload.file.storage.path(upload.file.name + ending)


def test_what_was_kept_and_touched_by_somebody_is_not_believed(upload, coordinator, opened):
    forged = json.loads(child.ask(b"M\xc3\xa3 c\xc6\xa1 quan,M\xc3\xa3 TTHC\nX,1.000001\n"))
    with open(kept(upload), "r+b") as file:
        file.seek(64)
        file.write(zlib.compress(json.dumps(forged).encode()))
        file.truncate()
    assert uploads.look(KIND, upload, user=coordinator).counts["new"] == 3
    assert len(opened) == 1
    assert uploads.look(KIND, upload, user=coordinator).counts["new"] == 3
    assert len(opened) == 1  # and kept anew


def test_a_new_program_opens_the_file_again(upload, coordinator, opened, monkeypatch):
    monkeypatch.setattr(staging, "_program", lambda: "the next version")
    uploads.look(KIND, upload, user=coordinator)
    assert len(opened) == 1


def test_what_is_not_there_is_read_again(upload, coordinator, opened):
    upload.file.storage.delete(upload.file.name + ".read")
    assert uploads.look(KIND, upload, user=coordinator).counts["new"] == 3
    upload.file.storage.delete(upload.file.name + ".read")
    upload.file.storage.delete(upload.file.name)
    upload = Upload.objects.get()
    with pytest.raises(FileNotFoundError):
        uploads.look(KIND, upload, user=coordinator)


def test_corrections_and_another_encoding_are_never_answered_from_what_was_kept(
    upload, coordinator, opened, province
):
    options = Options()
    options.overrides.cells[""] = {"A2": "NO.SUCH"}
    uploads.change_options(upload, options)
    assert told(uploads.look(KIND, upload, user=coordinator)) == [("E_AGENCY_UNKNOWN", "A2")]
    assert opened == []
    uploads.change_options(upload, Options(convert_legacy=True))
    uploads.look(KIND, upload, user=coordinator)
    assert len(opened) == 1


def test_nothing_is_kept_beside_an_applied_file_unless_somebody_works_on_it(upload, coordinator):
    other = uploads.receive(upload.file.read(), "qt.csv", kind=KIND, user=coordinator)
    uploads.confirm(upload, user=coordinator)
    uploads.apply(KIND, upload, user=coordinator)
    assert upload.file.storage.exists(upload.file.name + ".read")
    uploads.check(KIND, other, user=coordinator)
    uploads.confirm(other, user=coordinator)
    uploads.apply(KIND, other, user=coordinator)
    assert not upload.file.storage.exists(upload.file.name + ".read")
    assert upload.file.storage.exists(upload.file.name)


def test_a_refused_file_is_opened_once_too(coordinator, opened):
    upload = uploads.receive(b"PK\x03\x04 no workbook", "x.xlsx", kind=KIND, user=coordinator)
    for _look in range(2):
        assert told(uploads.look(KIND, upload, user=coordinator)) == [("E_FILE_CORRUPT", "file")]
    assert len(opened) == 1
    assert Upload.objects.count() == 1


MEMORY = """
import resource, sys
from iso_rollout.sheets import examples, read
rows = "".join(f"H{i % 500},1.{i % 200:06d},TCVN ISO 9001:2015,0{i % 9 + 1}/02/2020,{i}/QĐ-UBND\\n" for i in range(100_000))
data = ("Mã cơ quan,Mã TTHC,Tiêu chuẩn,Ngày áp dụng,Số văn bản\\n" + rows).encode()
del rows
read(data[:2000], "x", examples.AGENCY_PROCEDURES)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reading = read(data, "x", examples.AGENCY_PROCEDURES)
assert reading.count == 100_000, reading.errors
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_hundred_thousand_rows_need_little_memory():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80  # MB
