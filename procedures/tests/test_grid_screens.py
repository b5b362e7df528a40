"""The grid of an agency's procedures, on screen: one row, many rows, pasted, copied, compared, asked by the law."""

import re

import pytest
from django.urls import reverse

from agencies.models import ChangeSet
from agencies.testing import day
from procedures.grid.rows import adapt_until
from procedures.models import AgencyProcedure, Procedure
from procedures.testing import make_duties, make_procedure, standard
from procedures.tests.recording import texts

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def grid(place):
    """Four rows at Lạc Đạo: under :2015, two under none, one whose procedure was repealed. Lạc Hồng has one more."""
    place.procedures = [make_procedure(code=f"1.00100{n}", name=f"Đăng ký việc {n}") for n in range(1, 4)]
    place.repealed = make_procedure(code="1.009001", name="Việc đã bãi bỏ", repealed_on=day("2021-01-31"))
    place.more = make_procedure(code="1.009002", name="Việc của xã bên", effective_on=day("2021-11-30"))
    place.duties = make_duties(place.agency, *place.procedures, place.repealed)
    first = place.duties[0]
    first.standard, first.applied_on, first.document_code = standard(), day("2020-11-20"), "QT-01"
    first.save()
    there = place.province.lac_hong
    make_duties(
        there,
        *place.procedures,
        place.more,
        standard=standard(),
        applied_on=day("2020-12-01"),
        document_code="QT-9",
    )
    return place


def url(grid, name="agency_procedures", *more):
    return reverse(name, args=[grid.agency.pk, *more])


def row_values(duty, **values):
    names = {"seen": duty.version, "applied_on": "", "standard": "", "document_code": "", "note": ""}
    return names | values


def confirm(client, answer, **more):
    """Send the page that asks once more, as it is."""
    page = answer.context
    data = {}
    for name, value in page["kept"]:
        data.setdefault(name, []).append(value)
    data |= {"seen": page["seen"], "reason": page["reason"]}
    if page.get("columns"):
        data |= {"column": [name for name, _e in page["columns"]], "shown_columns": page["shown_columns"]}
    return client.post(answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"], data | more)


def fresh(duty):
    duty.refresh_from_db()
    return duty


# Reading


@pytest.mark.parametrize(
    "page", ["agency_procedures", "compare_procedures", "adapt_procedures", "duties", "edit"]
)
def test_a_procedure_without_a_field_leaves_no_dot_behind(client, grid, page):
    Procedure.objects.update(field="")
    client.force_login(grid.editor)
    addresses = {"duties": reverse("duties"), "edit": url(grid, "agency_procedure", grid.duties[0].pk)}
    headers = HTMX if page == "edit" else {}
    text = client.get(addresses.get(page) or url(grid, page), headers=headers).content.decode()
    assert "1.00" in text and not re.search(r"·\s*<", text)


def test_rows_by_state_field_and_words(client, grid):
    client.force_login(grid.viewer)
    for query, number in {"": 4, "?state=iso": 1, "?state=none": 2, "?state=adapt": 1, "?state=ended": 0,
                          "?q=viec+2": 1, "?field=Hộ tịch": 4, "?q=zzz": 0}.items():  # fmt: skip
        page = client.get(url(grid) + query)
        assert page.status_code == 200 and len(page.context["duties"]) == number, query
    assert "adapt" not in client.get(url(grid) + "?state=iso").context["duties"][0].state
    assert client.get(url(grid) + "?state=nonsense").status_code == 200


def test_a_reader_sees_no_way_to_write(client, grid):
    client.force_login(grid.viewer)
    page = client.get(url(grid)).content.decode()
    assert 'name="picks"' not in page and url(grid, "paste_procedures") not in page


@pytest.mark.parametrize("name", ["agency_procedures", "compare_procedures", "adapt_procedures"])
def test_pages_to_read_are_there_for_readers_only(client, grid, name):
    client.force_login(grid.stranger)
    assert client.get(url(grid, name)).status_code == 404
    client.force_login(grid.viewer)
    assert client.get(url(grid, name)).status_code == 200


@pytest.mark.parametrize(
    "name", ["paste_procedures", "copy_procedures", "edit_procedures", "agency_procedure"]
)
def test_pages_that_write_are_for_recorders(client, grid, name):
    address = url(grid, name, *([grid.duties[0].pk] if name == "agency_procedure" else []))
    for person, status in ((grid.stranger, 404), (grid.viewer, 403)):
        client.force_login(person)
        assert client.post(address, {"act": "clear", "all": "1"}).status_code == status
    assert fresh(grid.duties[0]).version == 1


def test_a_duty_of_another_agency_is_not_here(client, grid):
    client.force_login(grid.editor)
    other = grid.province.lac_hong.procedures.first()
    assert (
        client.post(url(grid, "agency_procedure", other.pk), row_values(other, note="x")).status_code == 404
    )


def test_the_page_costs_few_queries_whatever_its_size(client, grid, django_assert_max_num_queries):
    make_duties(grid.agency, *[make_procedure() for _n in range(200)])
    client.force_login(grid.editor)
    duty = grid.duties[1]
    with django_assert_max_num_queries(12):
        assert len(client.get(url(grid) + f"?sua={duty.pk}").context["duties"]) == 100
    for name in ("compare_procedures", "adapt_procedures", "copy_procedures"):
        with django_assert_max_num_queries(14):
            client.get(url(grid, name))


# One row


def test_a_row_is_opened_and_saved_without_a_script(client, grid):
    client.force_login(grid.editor)
    duty = grid.duties[1]
    assert f'id="id_note_{duty.pk}"' in client.get(url(grid) + f"?sua={duty.pk}").content.decode()
    values = row_values(
        duty, applied_on="20/11/2020", standard=standard().pk, document_code="QT-02", note="Một cửa"
    )
    answer = client.post(url(grid, "agency_procedure", duty.pk) + "?state=none", values, follow=True)
    assert answer.redirect_chain[0][0] == f"{url(grid)}?state=none#row-{duty.pk}"
    assert (fresh(duty).applied_on, duty.document_code, duty.note) == (day("2020-11-20"), "QT-02", "Một cửa")
    done = ChangeSet.objects.get(made_by=grid.editor)
    assert f"/thay-doi/{done.pk}/" in "".join(texts(answer))


def test_with_a_script_only_the_row_travels(client, grid):
    client.force_login(grid.editor)
    duty = grid.duties[1]
    opened = client.get(url(grid, "agency_procedure", duty.pk), headers=HTMX).content.decode()
    assert "<html" not in opened and opened.count("<tr") == 1 and "is-editing" in opened
    saved = client.post(url(grid, "agency_procedure", duty.pk), row_values(duty, note="x"), headers=HTMX)
    assert 'hx-swap-oob="true"' in saved.content.decode() and fresh(duty).note == "x"
    left = client.get(url(grid, "agency_procedure", duty.pk) + "?xem=1", headers=HTMX).content.decode()
    assert "is-editing" not in left


@pytest.mark.parametrize(
    "wrong",
    [{"applied_on": "31/02/2020"}, {"applied_on": "01/01/2020"}, {"standard": "999"}, {"note": "x" * 301},
     {"applied_on": "01/01/2015", "standard": "s"}, {"document_code": "a\u202eb"}, {"seen": ""}],
)  # fmt: skip
def test_nonsense_is_named_beside_its_cell(client, grid, wrong):
    client.force_login(grid.editor)
    duty = grid.duties[1]
    if wrong.get("standard") == "s":
        wrong = wrong | {"standard": standard().pk}
    for headers in ({}, HTMX):
        answer = client.post(
            url(grid, "agency_procedure", duty.pk), row_values(duty, **wrong), headers=headers
        )
        assert answer.status_code == 422, wrong
    assert fresh(duty).version == 1


def test_who_was_slower_sees_both_and_decides(client, grid):
    client.force_login(grid.editor)
    duty = grid.duties[1]
    stale = row_values(duty, note="của tôi")
    client.force_login(grid.coordinator)
    client.post(url(grid, "agency_procedure", duty.pk), row_values(duty, note="của điều phối"))
    client.force_login(grid.editor)
    answer = client.post(url(grid, "agency_procedure", duty.pk), stale)
    page = answer.content.decode()
    assert answer.status_code == 409 and "của điều phối" in page and "của tôi" in page
    assert grid.coordinator.full_name in page
    again = re.search(r'name="seen" value="(\d+)"', page)[1]
    client.post(url(grid, "agency_procedure", duty.pk), stale | {"seen": again})
    assert fresh(duty).note == "của tôi"


def test_a_second_click_on_a_row_has_one_effect(client, grid):
    client.force_login(grid.editor)
    duty = grid.duties[1]
    values = row_values(duty, note="x")
    client.post(url(grid, "agency_procedure", duty.pk), values)
    assert client.post(url(grid, "agency_procedure", duty.pk), values).status_code == 302
    assert fresh(duty).version == 2 and ChangeSet.objects.filter(made_by=grid.editor).count() == 1


# Many rows


def test_marked_rows_are_shown_first_and_then_saved_in_one_act(client, grid):
    client.force_login(grid.editor)
    picks = [d.pk for d in grid.duties[:3]]
    asked = client.post(
        url(grid, "edit_procedures"),
        {"act": "set", "picks": picks, "standard": standard().pk, "on": "20/12/2020"},
    )
    assert asked.status_code == 200 and asked.context["count"] == 2
    assert fresh(grid.duties[1]).standard is None
    assert confirm(client, asked, reason="Công bố").status_code == 302
    assert [fresh(d).applied_on for d in grid.duties[:3]] == [
        day("2020-11-20"),
        day("2020-12-20"),
        day("2020-12-20"),
    ]
    assert ChangeSet.objects.get(made_by=grid.editor).reason == "Công bố"


def test_all_that_fit_the_filter_are_set(client, grid):
    client.force_login(grid.editor)
    asked = client.post(
        url(grid, "edit_procedures") + "?state=none",
        {"act": "set", "all": "1", "standard": standard().pk, "on": "20/12/2020"},
    )
    assert asked.context["count"] == 2
    confirm(client, asked)
    assert AgencyProcedure.objects.filter(agency=grid.agency, applied_on=day("2020-12-20")).count() == 2


def test_rows_are_cleared_and_ended(client, grid):
    client.force_login(grid.editor)
    confirm(client, client.post(url(grid, "edit_procedures"), {"act": "clear", "all": "1"}))
    assert fresh(grid.duties[0]).standard is None
    confirm(client, client.post(url(grid, "edit_procedures"), {"act": "end", "picks": [grid.duties[3].pk]}))
    assert fresh(grid.duties[3]).ended_on == day("2021-01-31")


def test_the_second_click_on_many_does_nothing(client, grid):
    client.force_login(grid.editor)
    asked = client.post(url(grid, "edit_procedures"), {"act": "clear", "all": "1"})
    confirm(client, asked)
    assert confirm(client, asked).status_code == 302
    assert ChangeSet.objects.filter(made_by=grid.editor).count() == 1


def test_what_changed_meanwhile_is_shown_before_anything_is_saved(client, grid):
    client.force_login(grid.editor)
    asked = client.post(url(grid, "edit_procedures"), {"act": "clear", "all": "1"})
    client.force_login(grid.coordinator)
    client.post(
        url(grid, "agency_procedure", grid.duties[0].pk),
        row_values(grid.duties[0], applied_on="01/12/2020", standard=standard().pk),
    )
    client.force_login(grid.editor)
    answer = confirm(client, asked)
    assert answer.status_code == 409 and grid.coordinator.full_name in answer.content.decode()
    assert fresh(grid.duties[0]).applied_on == day("2020-12-01")
    assert confirm(client, answer).status_code == 302
    assert fresh(grid.duties[0]).applied_on is None


@pytest.mark.parametrize(
    "typed",
    [{}, {"act": "set", "all": "1"}, {"act": "clear"}, {"act": "x", "all": "1"}, {"act": "clear", "picks": "x"},
     {"act": "clear", "picks": "9" * 30}, {"act": "set", "all": "1", "standard": "0", "on": "x"}],
)  # fmt: skip
def test_an_act_without_what_it_needs_is_refused(client, grid, typed):
    client.force_login(grid.editor)
    answer = client.post(url(grid, "edit_procedures"), typed)
    assert answer.status_code == 422 and texts(answer)


def test_a_day_that_cannot_stand_is_named_and_the_rest_is_saved(client, grid):
    client.force_login(grid.editor)
    asked = client.post(
        url(grid, "edit_procedures"),
        {"act": "set", "all": "1", "standard": standard().pk, "on": "01/01/2010"},
    )
    assert asked.context["count"] == 0 and len(asked.context["faults"]) == 3


# Pasted


def test_a_block_is_read_shown_and_saved(client, grid):
    client.force_login(grid.editor)
    assert client.get(url(grid, "paste_procedures")).status_code == 200
    text = "1.001002\t21/11/2020\tQT-22\n1.001003\t\tQT-33\n1.000000\tx\ty\n"
    asked = client.post(url(grid, "paste_procedures"), {"pasted": text, "standard": standard().pk})
    assert asked.context["count"] == 2 and len(asked.context["problems"]) == 1
    assert confirm(client, asked).status_code == 302
    assert (fresh(grid.duties[1]).applied_on, grid.duties[1].document_code) == (day("2020-11-21"), "QT-22")
    assert (fresh(grid.duties[2]).applied_on, grid.duties[2].document_code) == (None, "QT-33")
    assert confirm(client, asked).status_code == 302
    assert ChangeSet.objects.filter(made_by=grid.editor).count() == 1


def test_other_columns_are_looked_at_again_before_they_are_saved(client, grid):
    client.force_login(grid.editor)
    asked = client.post(url(grid, "paste_procedures"), {"pasted": "abc\ndef"})
    again = confirm(client, asked, column=["note"])
    assert again.status_code == 200 and again.context["count"] == 2 and fresh(grid.duties[0]).note == ""
    assert confirm(client, again).status_code == 302
    assert (fresh(grid.duties[0]).note, fresh(grid.duties[1]).note) == ("abc", "def")


def test_a_block_lands_where_it_was_pasted(client, grid):
    client.force_login(grid.editor)
    typed = {"pasted": "A\nB", "start": grid.duties[1].pk, "first": "document_code"}
    confirm(client, client.post(url(grid, "paste_procedures"), typed))
    assert [fresh(d).document_code for d in grid.duties] == ["QT-01", "A", "B", ""]


@pytest.mark.parametrize("typed", [{}, {"pasted": "  "}, {"pasted": "x\t" * 60}, {"pasted": "x", "on": "no"}])
def test_a_block_that_is_none(client, grid, typed):
    client.force_login(grid.editor)
    answer = client.post(url(grid, "paste_procedures"), typed)
    assert answer.status_code in (200, 422) and fresh(grid.duties[0]).version == 1


# Copied, compared, asked by the law


def test_what_a_similar_agency_has_is_taken_over(client, grid):
    client.force_login(grid.editor)
    source = grid.province.lac_hong
    page = client.get(url(grid, "copy_procedures"), {"source": source.pk, "on": "01/12/2021"})
    assert {e.procedure_id for e in page.context["edits"]} == {
        p.pk for p in (*grid.procedures[1:], grid.more)
    }
    typed = {"source": source.pk, "on": "01/12/2021", "picks": [grid.procedures[1].pk, grid.more.pk]}
    confirm(client, client.post(url(grid, "copy_procedures"), typed))
    new = AgencyProcedure.objects.get(agency=grid.agency, procedure=grid.more)
    assert (new.document_code, new.applied_on, new.standard) == ("QT-9", day("2021-12-01"), standard())
    assert fresh(grid.duties[1]).document_code == "QT-9" and fresh(grid.duties[0]).document_code == "QT-01"
    assert fresh(grid.duties[2]).document_code == ""


def test_nothing_is_copied_from_an_agency_out_of_reach(client, grid):
    client.force_login(grid.editor)
    elsewhere = grid.province.dong_tao
    assert client.get(url(grid, "copy_procedures"), {"source": elsewhere.pk}).status_code == 422
    assert elsewhere.name not in client.get(url(grid, "copy_procedures")).content.decode()


def test_it_is_compared_with_those_of_its_kind(client, grid):
    client.force_login(grid.viewer)
    page = client.get(url(grid, "compare_procedures")).context
    assert page["others"] == 2 and {k: n for k, _l, n in page["kinds"]} == {
        "missing": 1,
        "only": 0,
        "differs": 2,
        "same": 1,
    }
    (row,) = page["rows"]
    assert (row.procedure, row.there, row.of, row.percent) == (grid.more, 1, 2, 50.0)
    assert client.get(url(grid, "compare_procedures"), {"reach": "wide"}).context["others"] == 4


def test_a_long_comparison_has_pages(client, grid, monkeypatch):
    monkeypatch.setattr("procedures.views.grid_acts.COMPARED", 1)
    client.force_login(grid.viewer)
    shown = [
        client.get(url(grid, "compare_procedures"), {"kind": "differs", "page": n}).context["rows"]
        for n in (1, 2)
    ]
    assert [len(rows) for rows in shown] == [1, 1] and shown[0] != shown[1]
    html = client.get(url(grid, "compare_procedures"), {"kind": "differs"}).content.decode()
    assert "?kind=differs&amp;page=2" in html


@pytest.mark.parametrize("reach, query", [("near", ""), ("wide", "?reach=wide")])
def test_what_others_have_is_added_from_the_comparison(client, grid, reach, query):
    client.force_login(grid.editor)
    typed = {"act": "add", "picks": [grid.more.pk], "to": "compare", "reach": reach}
    asked = client.post(url(grid, "edit_procedures"), typed)
    assert confirm(client, asked).url == url(grid, "compare_procedures") + query
    assert AgencyProcedure.objects.filter(agency=grid.agency, procedure=grid.more).exists()


def test_changes_of_the_law_and_their_deadline(client, grid):
    client.force_login(grid.editor)
    page = client.get(url(grid, "adapt_procedures")).context
    (repealed,) = page["repealed"]
    assert (repealed.procedure, repealed.adapt_until, repealed.is_late) == (
        grid.repealed,
        day("2021-04-30"),
        True,
    )
    (missing,) = page["missing"]
    assert (missing.procedure, missing.adapt_until) == (grid.more, day("2022-02-28"))
    confirm(
        client,
        client.post(
            url(grid, "edit_procedures"), {"act": "end", "picks": [grid.duties[3].pk], "to": "adapt"}
        ),
    )
    assert client.get(url(grid, "adapt_procedures")).context["repealed"] == []


def test_three_months_end_with_the_month():
    assert adapt_until(day("2020-11-30")) == day("2021-02-28")
    assert adapt_until(day("2020-01-15")) == day("2020-04-15")
    assert adapt_until(None) is None


def test_a_closed_agency_is_read_only(client, grid):
    type(grid.agency).objects.filter(pk=grid.agency.pk).update(dissolved_on=day("2022-01-01"))
    client.force_login(grid.editor)
    assert client.get(url(grid)).status_code == 200
    assert client.post(url(grid, "edit_procedures"), {"act": "clear", "all": "1"}).status_code == 403
