"""The page of a territory of more units than one page tells one by one: sums, what is left out, lists, queries."""

import re
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.urls import reverse

from agencies.history import open_change_set
from agencies.models import Agency, Kind, Level, Role
from agencies.testing import day, make_user, today
from procedures.lifecycle import Form
from procedures.models import AgencyProcedure, Declaration, retally
from procedures.models.rollout_lists import assign_many
from procedures.testing import USUAL_DAYS, make_plan, make_procedure, make_rollout, reach, standard
from reports.territory import LARGE, territory

pytestmark = pytest.mark.django_db

COMMUNES, HAMLETS = LARGE + 10, 30
DAYS = ("2021-03-01", "")  # before anything was recorded, so that all are quiet; today


def _flat(parent, number, *, level=Level.COMMUNE, kind=Kind.COMMUNE_COMMITTEE, code="C", **values):
    return [
        Agency(name=f"UBND xã {code} {n}", code=f"{parent.code}.{code}{n:03}", kind=kind, level=level, parent=parent, **values)
        for n in range(1, number + 1)
    ]  # fmt: skip


@pytest.fixture
def large():
    """A province with 410 communes directly below, a department within its system, and a district with 30 communes."""
    top = Agency(name="UBND tỉnh Lớn", code="H99", kind=Kind.PROVINCIAL_COMMITTEE, level=Level.PROVINCE)
    district = Agency(
        name="UBND huyện Có Xã", code="H99.1", kind=Kind.DISTRICT_COMMITTEE, level=Level.DISTRICT, parent=top
    )
    office = Agency(
        name="Văn phòng UBND tỉnh", code="H99.VP", kind=Kind.DEPARTMENT, level=Level.PROVINCE, parent=top, covered_by=top
    )  # fmt: skip
    communes, hamlets = _flat(top, COMMUNES), _flat(district, HAMLETS, code="X")
    change_set = open_change_set("Enter a large province", by=None)
    Agency.objects.establish_many([top, district, office, *communes, *hamlets], change_set=change_set)
    declaring = [top, *communes[::3], *hamlets[:7]]
    Declaration.objects.bulk_create(
        Declaration(
            agency=a, standard=standard(), declared_on=day("2020-11-20"), number="01/QĐ-CB", covers="all"
        )
        for a in declaring
    )
    under_iso = {"standard": standard(), "applied_on": day("2020-11-20")}
    procedures = {make_procedure(): under_iso, make_procedure(): {}}
    handling = [top, office, *communes[:50], *hamlets[:5]]
    AgencyProcedure.objects.bulk_create(
        AgencyProcedure(agency=a, procedure=procedure, **under)
        for a in handling
        for procedure, under in procedures.items()
    )
    retally([a.pk for a in handling])
    plan = make_plan(top)
    working = [(a, day("2020-06-10")) for a in [*communes[1:20:3], *hamlets[10:14]]]
    assign_many(
        plan, working, form=Form.BUILD, year=2020, due_on=day("2020-12-31"), by=None, change_set=change_set
    )
    reach(make_rollout(plan, district), *USUAL_DAYS)
    return SimpleNamespace(
        top=top, district=district, office=office, plan=plan, user=make_user(Role.VIEWER, top)
    )


@pytest.fixture
def page(client, large):
    """The page of an agency for who sees the whole province, as text."""
    cache.clear()
    client.force_login(large.user)

    def opened(agency, **asked):
        answer = client.get(reverse("territory", args=[agency.pk]), asked)
        assert answer.status_code == 200
        return answer.text

    return opened


@pytest.mark.parametrize("on", DAYS)
def test_the_sums_of_the_parts_and_the_agency_itself_are_those_of_the_whole(large, on):
    on = day(on) if on else today()
    found = territory(large.top, on=on, user=large.user, plan=large.plan)
    assert found.is_large
    assert found.units.whole == COMMUNES + HAMLETS + 2
    assert len(found.parts) == COMMUNES + 2
    own = {"declared": (1, 1), "covered": (1, 2), "done": (0, 0), "late": (0, 1), "quiet": (on < today(), 1)}
    for comparison in found.comparisons:
        parts = [part.shares[comparison.name] for part in found.parts]
        whole = [comparison.share.part, comparison.share.whole]
        assert [sum(s.part for s in parts) + own[comparison.name][0],
                sum(s.whole for s in parts) + own[comparison.name][1]] == whole, comparison.name  # fmt: skip
        assert sum(whole) or comparison.name == "quiet"
    assert sum(part.shares["units"].whole for part in found.parts) + found.is_apart == found.units.whole


def test_the_page_says_that_the_agency_itself_is_in_none_of_the_parts(large, page):
    told = "là một đơn vị, không nằm trong các dòng này"
    assert told in page(large.top)
    assert told not in page(large.district), "of a small territory every unit is shown"


def test_counted_by_hand(large):
    found = territory(large.top, on=today(), user=large.user, plan=large.plan)
    shown = {c.name: (c.share.part, c.share.whole) for c in found.comparisons}
    units, declaring = COMMUNES + HAMLETS + 2, len(range(0, COMMUNES, 3)) + 7 + 2
    assert shown == {
        "declared": (declaring, units), "covered": (57, 2 * 57), "done": (1, 12), "late": (11, units),
        "quiet": (0, units),
    }  # fmt: skip
    district = next(part for part in found.parts if part.pk == large.district.pk)
    shown = {name: (share.part, share.whole) for name, share in district.shares.items()}
    assert shown == {
        "units": (31, 31), "declared": (8, 31), "covered": (5, 10), "done": (1, 5), "late": (4, 31), "quiet": (0, 31),
    }  # fmt: skip


def test_who_is_not_told_one_by_one_is_said_with_the_right_number(large, page):
    found = territory(large.top, on=today(), user=large.user, plan=large.plan)
    told = [unit.pk for group in found.groups for unit in group.units]
    assert len(told) == len(set(told)) == LARGE
    assert (found.in_parts, found.cut) == (31, 11)
    assert LARGE + found.in_parts + found.cut == COMMUNES + HAMLETS + 2
    html = page(large.top)
    assert "Có hơn 400 đơn vị" in html
    assert "31 đơn vị ở trang của các địa bàn trực thuộc" in html
    assert "11 đơn vị trực thuộc khác chỉ có trong bảng trên" in html
    assert "ở trang của các địa bàn trực thuộc" not in page(large.district)


@pytest.mark.parametrize("on", DAYS)
def test_each_figure_opens_a_list_of_exactly_that_many_rows(client, large, page, on):
    html = page(large.top, **({"on": on} if on else {}))
    links = sorted(set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html)))
    # All of the whole and of the district; of the other parts and the units a few.
    near = [link for link in links if "agency=" not in link[1] or f"agency={large.district.pk}&" in link[1]]
    assert len(near) > 15
    for number, url in {*near, *links[:: len(links) // 6]}:
        answer = client.get(url.replace("&amp;", "&"))
        assert answer.status_code == 200, url
        assert re.search(r'data-count="(\d+)"', answer.text).group(1) == number, url


def test_it_asks_as_much_as_a_small_territory(large, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        page(large.top)
    with django_assert_max_num_queries(15):
        page(large.district)
