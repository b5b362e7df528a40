"""A block pasted from a spreadsheet: its cells, its columns, the row of each line."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agencies.testing import day
from iso_rollout.text import Unreadable
from procedures.grid.pasting import Filling, cells_of, recognise, work_out
from procedures.models import Procedure, Standard
from procedures.models.agency_procedures import AgencyProcedure

OLD = Standard(pk=1, code="TCVN ISO 9001:2008", short=":2008", published_on=day("2009-01-01"))
NEW = Standard(pk=2, code="TCVN ISO 9001:2015", short=":2015", published_on=day("2015-12-31"))
TODAY = day("2021-12-31")


def duty(pk, **values):
    procedure = Procedure(pk=100 + pk, code=f"1.00000{pk}", name=f"Đăng ký việc {pk}")
    return AgencyProcedure(pk=pk, agency_id=1, procedure=procedure, **values)


DUTIES = [duty(1), duty(2, standard=NEW, applied_on=day("2020-01-01"), document_code="QT-02"), duty(3)]


def read(text, *, chosen=None, first=None, start=None, **more):
    block = recognise(text, DUTIES, first=first, chosen=chosen)
    filling = Filling({1: OLD, 2: NEW}, TODAY, **({"standard": NEW} | more))
    return work_out(block, DUTIES, filling, start=start)


def changed(block):
    return {
        e.duty_id: {k: v for k, v in vars(e.after).items() if v != getattr(e.before, k)} for e in block.edits
    }


def test_a_column_of_days_goes_down_the_grid():
    assert changed(read("20/11/2020\n\n21/11/2020\n")) == {
        1: {"standard_id": 2, "applied_on": day("2020-11-20")},
        3: {"standard_id": 2, "applied_on": day("2020-11-21")},
    }


def test_it_begins_at_the_row_and_column_that_it_was_pasted_into():
    block = read("QT-7\tghi\n", first="document_code", start=3)
    assert changed(block) == {3: {"document_code": "QT-7", "note": "ghi"}}


def test_lines_find_their_rows_by_code_even_as_excel_spoils_it():
    block = read("Mã TTHC\tMã tài liệu\n1.000003\tQT-33\n1.000001\tQT-11\n9.999999\tQT-1\n")
    assert changed(block) == {3: {"document_code": "QT-33"}, 1: {"document_code": "QT-11"}}
    assert [line.number for line in block.problems] == [4]


def test_without_codes_names_do_it():
    block = read("ĐĂNG KÝ  VIỆC 3\tQT-33\nđăng ký việc 1\tQT-11\n")
    assert changed(block) == {3: {"document_code": "QT-33"}, 1: {"document_code": "QT-11"}}


def test_columns_in_any_order_without_a_heading():
    block = read(
        "QT-1\tTCVN ISO 9001:2008\t1.000001\t05/06/2012\nQT-3\tTCVN ISO 9001:2015\t1.000003\t05/06/2020\n"
    )
    assert block.columns == ["document_code", "standard", "code", "applied_on"]
    assert changed(block)[1] == {"standard_id": 1, "applied_on": day("2012-06-05"), "document_code": "QT-1"}


def test_what_the_person_says_about_the_columns_counts():
    assert changed(read("abc\ndef\n", chosen=["note"])) == {1: {"note": "abc"}, 2: {"note": "def"}}
    assert read("abc\n", chosen=["nonsense"]).edits == []


def test_an_empty_cell_leaves_or_clears():
    assert changed(read("QT-1\n\nx\n", chosen=["document_code"])) == {
        1: {"document_code": "QT-1"},
        3: {"document_code": "x"},
    }
    block = read("1.000002\t\t\n", chosen=["code", "applied_on", "document_code"], empty_clears=True)
    assert changed(block) == {2: {"standard_id": None, "applied_on": None, "document_code": ""}}


@pytest.mark.parametrize(
    "text", ["1.000001\t31/02/2020", "1.000001\t01/01/2999", "1.000001\t05/2020", "1.000001\t01/01/2010"]
)
def test_a_day_that_cannot_be_is_named(text):
    block = read(text, chosen=["code", "applied_on"])
    assert block.edits == [] and len(block.problems) == 1


def test_one_of_day_and_standard_alone_takes_the_other_from_the_form():
    text = "1.000001\t9001:2008"
    assert read(text, chosen=["code", "standard"]).problems
    assert changed(read(text, chosen=["code", "standard"], on=day("2012-01-01"))) == {
        1: {"standard_id": 1, "applied_on": day("2012-01-01")}
    }
    assert read("1.000001\t20/11/2020", chosen=["code", "applied_on"], standard=None).problems


def test_the_same_row_twice_and_lines_too_many_are_named():
    assert len(read("1.000001\tQT-1\n1.000001\tQT-2\n", chosen=["code", "document_code"]).problems) == 1
    assert len(read("a\nb\nc\nd\n", chosen=["note"]).problems) == 1


def test_quotes_as_excel_writes_them():
    assert cells_of('"hai\ndòng"\tb\nnó "nói"\td\n') == [["hai dòng", "b"], ['nó "nói"', "d"]]
    assert len(cells_of('"' + "\n".join(["x"] * 60))) == 60


def test_too_much_is_refused():
    with pytest.raises(Unreadable):
        cells_of("x\t" * 60)
    with pytest.raises(Unreadable):
        cells_of("x\ty\n" * 40_000)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('\t\n"1./:')), max_size=200))
@example("\x00\t\x00")
@example('"\t"\n"')
def test_no_block_is_an_error(text):
    block = read(text)
    assert all(e.changes_something for e in block.edits)
    assert len({e.duty_id for e in block.edits}) == len(block.edits)
