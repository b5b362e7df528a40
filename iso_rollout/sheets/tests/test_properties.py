"""Properties: how a list is written down changes nothing, and no damaged file is more than a refusal."""

import contextlib
import os
import random
import zipfile
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iso_rollout.sheets import child, examples
from iso_rollout.sheets.grid import Grid
from iso_rollout.sheets.header import find_header
from iso_rollout.sheets.parsed import ParsedSheet
from iso_rollout.sheets.tables import Table
from iso_rollout.sheets.tests import workbooks as w
from iso_rollout.sheets.tests.test_reading import TODAY, WANTED, declarations

MUTATIONS = int(os.environ.get("SHEET_MUTATIONS", "60"))  # the acceptance run takes 2,000


def recognise(rows, kind=examples.DECLARATIONS):
    """Rows of Python values as a sheet, without a container around them."""
    sheet = ParsedSheet(name="Danh sách")
    sheet.fill(
        (number, list(row)) for number, row in enumerate(rows, 1) if any(cell is not None for cell in row)
    )
    grid = Grid(sheet)
    table = Table(grid, find_header(grid, kind), kind).recognise()
    table.read_cells(today=TODAY, convert_legacy=False)
    return table


def core(table):
    return [
        (
            r.values["name"],
            r.values["number"],
            r.values["declared_on"],
            r.values.get("standard"),
            r.values.get("form"),
        )
        for r in table.rows
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns=st.permutations(list(w.HEADINGS)), title=st.sampled_from([(), w.TITLE, w.TITLE[:1], [["Biểu số 3"]]]), groups=st.booleans(),
    totals=st.booleans(), footer=st.sampled_from([(), w.FOOTER, [["Ghi chú: số liệu đến 31/12/2021"]]]),
    blanks=st.sets(st.integers(0, 11), max_size=5), numbers=st.booleans(),
)  # fmt: skip
def test_order_of_columns_and_inserted_rows_change_nothing(  # noqa: PLR0917 (hypothesis names them)
    columns, title, groups, totals, footer, blanks, numbers
):
    table = recognise(
        w.table(
            tuple(columns),
            title=title,
            groups=groups,
            totals=totals,
            footer=footer,
            blanks=blanks,
            numbers=numbers,
        )
    )
    assert core(table) == WANTED
    assert table.errors == []
    assert [p for p in table.warnings if p.code in ("W_TOTAL", "W_ROW_SKIPPED")] == []
    if groups:
        assert [row.groups[-1].text for row in table.rows] == [
            district.upper() for district, _ in w.records()
        ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.text(max_size=12), st.floats(), st.dates(), st.booleans()), max_size=8
        ),
        max_size=12,
    )
)
def test_any_cells_below_a_heading_are_read_or_named(rows):
    heading = [
        [
            "STT",
            "Tên cơ quan",
            "Số QĐ công bố",
            "Ngày công bố",
            "Tiêu chuẩn",
            "Hình thức",
            "Số TTHC",
            "Ghi chú",
        ]
    ]
    table = recognise(heading + rows)
    for problem in table.errors + table.warnings:
        assert str(problem)
    assert len(table.rows) + sum(v.cls != "data" for v in table.verdicts) == len(table.verdicts)


def mutated(data, chance):
    """A workbook with some bytes, or some characters of one part, changed."""
    if chance.random() < 0.5 or not data.startswith(b"PK"):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        return bytes(
            damaged[: chance.randint(len(damaged) // 2, len(damaged))] if chance.random() < 0.2 else damaged
        )
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    text = bytearray(parts[name])
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(text) + 1)
        text[place : place + chance.randint(0, 9)] = chance.choice(
            [
                b"<",
                b">",
                b"",
                b"\0",
                b"999999999",
                b"-1",
                b"ZZZ",
                b'"',
                b"</row>",
                b"<c>",
                b"\xff\xfe",
                b"&amp;",
                b"&x;",
                b'r="XFD1048576"',
            ]
        )
    parts[name] = bytes(text)
    return w.zipped(parts)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_files_are_read_or_refused(seed):
    """No exception, no hang, whatever was damaged. Most run in this process; `child` has its own tests."""
    chance = random.Random(seed)
    originals = [
        w.xlsx(w.table(title=w.TITLE, groups=True)),
        w.ods(w.table()),
        w.csv_text(w.table()).encode(),
    ]
    for _ in range(MUTATIONS // 3):
        data = mutated(chance.choice(originals), chance)
        if chance.random() < 0.2:
            declarations(data)
            continue
        with contextlib.suppress(Exception):  # in the child, each of these is the answer "damaged"
            child.open_workbook(data)
