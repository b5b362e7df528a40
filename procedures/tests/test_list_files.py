"""Every list goes out as a workbook and as a csv: what the page shows, no more, and it comes back with 0 changes."""

import csv
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from agencies.imports import engine
from agencies.imports.checked import Options
from agencies.models import Agency, Role, User
from agencies.testing import day, make_province, make_user
from procedures import imports
from procedures.lifecycle import Form
from procedures.models import AgencyProcedure, Procedure
from procedures.testing import declare, make_plan, make_rollout, standard

pytestmark = pytest.mark.django_db
NASTY = '=HYPERLINK("http://x")'


@pytest.fixture
def province():
    province = make_province()
    procedures = Procedure.objects.bulk_create(
        Procedure(code=f"1.00000{n}", name=f"-Thủ tục {n}", field="Hộ tịch", levels="commune", search_key=f"thu tuc {n}")
        for n in range(3)
    )  # fmt: skip
    AgencyProcedure.objects.bulk_create(
        AgencyProcedure(
            agency=agency, procedure=p, note=NASTY, document_code="007",
            **({"standard": standard(), "applied_on": day("2020-09-01")} if agency == province.lac_dao else {}),
        )
        for agency in province.communes for p in procedures
    )  # fmt: skip
    declare(province.lac_dao, on=day("2020-09-01"))
    declare(province.dong_tao, on=day("2020-09-02"))
    province.plan = make_plan(province.committee)
    make_rollout(province.plan, province.lac_hong)
    make_rollout(province.plan, province.binh_minh, form=Form.CONVERT, year=2021)
    return province


def sent(client, address, **given):
    answer = client.get(address, given)
    assert answer.status_code == 200 and answer.streaming
    assert "attachment" in answer.headers["Content-Disposition"]
    return b"".join(answer.streaming_content)


def rows_of(data, form):
    if form == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]


LISTS = {
    "agencies": ("agencies", {"level": "commune", "q": "lac"}, 2),
    "declarations": ("agencies", {"list": "declarations", "q": "lac"}, 1),
    "procedures": ("procedures", {"q": "tuc 1"}, 1),
    "agency-procedures": ("duties", {"iso": "yes"}, 6),
    "plan": ("rollouts", {"form": "CONVERT"}, 1),
    "people": ("people", {"role": "editor"}, 1),
}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", LISTS)
def test_a_filtered_list_goes_out_and_comes_back(client, province, name, form):
    make_user(Role.EDITOR, province.lac_dao, full_name="@Người +84")
    user = User.objects.create_superuser("q", "q@example.gov.vn", None, full_name="Quản trị")
    client.force_login(user)
    page, filters, expected = LISTS[name]
    address = reverse(page, args=[province.plan.code] if page == "rollouts" else [])
    data = sent(client, address, file=form, **filters)
    assert len(rows_of(data, form)) == expected
    kind = imports.kind(name)
    checked = engine.check(kind, data, f"ds.{form}", user=user, options=Options(plan=province.plan.code))
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    counts = checked.counts
    assert (counts["rows"], counts["new"], counts["changed"]) == (expected, 0, 0), checked.page("changed")
    # Everything, without the filters, is more.
    more = sent(client, address, file=form, **{k: v for k, v in filters.items() if k == "list"})
    assert len(rows_of(more, form)) > expected
    assert f"file={form}" in client.get(address).content.decode()


def test_a_list_holds_only_what_the_person_sees(client, province):
    client.force_login(make_user(Role.VIEWER, province.khoai_chau))
    names = {row[1] for row in rows_of(sent(client, reverse("agencies"), file="csv"), "csv")}
    assert names == {"UBND huyện Khoái Châu", "UBND xã Đông Tảo", "UBND xã Bình Minh"}
    assert len(rows_of(sent(client, reverse("duties"), file="csv"), "csv")) == 6
    assert len(rows_of(sent(client, reverse("agencies"), file="csv", list="declarations"), "csv")) == 1
    plan = reverse("rollouts", args=[province.plan.code])
    assert len(rows_of(sent(client, plan, file="csv"), "csv")) == 1
    assert client.get(reverse("people"), {"file": "csv"}).status_code == 403
    assert client.get(reverse("agencies"), {"file": "csv", "agency": province.van_lam.pk}).status_code == 404


def test_a_list_of_a_past_day_has_the_names_of_that_day(client, province):
    province.lac_dao.revise(
        by=None, seen=province.lac_dao.version, on=day("2021-05-01"), name="UBND xã Lạc Đạo Mới"
    )
    client.force_login(make_user(Role.VIEWER, province.committee))
    names = {
        row[1] for row in rows_of(sent(client, reverse("agencies"), file="xlsx", on="01/02/2021"), "xlsx")
    }
    assert "UBND xã Lạc Đạo" in names and "UBND xã Lạc Đạo Mới" not in names


@pytest.mark.parametrize("page", ["agencies", "procedures", "duties"])
def test_nonsense_is_no_file(client, province, page):
    client.force_login(make_user(Role.VIEWER, province.committee))
    assert client.get(reverse(page), {"file": "pdf"}).status_code == 404
    # A day or filter that cannot be read: the page says so, instead of a file with other rows than wanted.
    answer = client.get(reverse(page), {"file": "csv", "on": "31/02/2020"})
    assert answer.status_code == 422 and not answer.streaming


@pytest.mark.parametrize("name", ["import_list", "import_list_csv"])
def test_the_whole_list_from_the_imports_page(client, province, name):
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    form = "csv" if name.endswith("csv") else "xlsx"
    data = sent(client, reverse(name, args=["agency-procedures"]))
    rows = rows_of(data, form)
    assert len(rows) == 15
    assert rows[0][-2:] == ["007", f"'{NASTY}" if form == "csv" else NASTY]
    client.force_login(make_user(Role.VIEWER, province.committee))
    assert client.get(reverse(name, args=["agency-procedures"])).status_code == 403


def test_a_file_costs_few_queries(client, province, django_assert_max_num_queries):
    client.force_login(make_user(Role.VIEWER, province.committee))
    for page in ("agencies", "procedures", "duties"):
        with django_assert_max_num_queries(14):
            sent(client, reverse(page), file="csv")


def test_agencies_are_not_all_read_at_once(client, province, monkeypatch):
    monkeypatch.setattr("procedures.imports.duty_list.AGENCIES_AT_A_TIME", 2)
    client.force_login(make_user(Role.VIEWER, province.committee))
    codes = [row[0] for row in rows_of(sent(client, reverse("duties"), file="csv"), "csv")]
    paths = dict(Agency.objects.values_list("code", "path"))
    assert len(codes) == 15 and codes == sorted(codes, key=paths.get)
