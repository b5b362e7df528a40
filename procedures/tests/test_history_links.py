"""No link of a history page leads to a page that its reader may not open."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.history import open_change_set, record, undo
from agencies.models import ChangeSet, Membership, Role
from agencies.testing import day, make_agency, make_user
from procedures.lifecycle import Stage
from procedures.models import Plan
from procedures.testing import make_campaign, make_document, make_duties, make_procedure, make_wave, reach
from procedures.views.history import KINDS

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')


@pytest.fixture
def acted(place):
    """Something done to a record of every kind, by people of several roles."""
    coordinator, administrator = place.coordinator, make_user(Role.ADMINISTRATOR, place.province.committee)
    reach(place.rollout, Stage.PLANNED, Stage.PROMULGATED, Stage.DECLARED, by=place.editor)
    place.plan.targets.get().revise(70, on=day("2020-09-01"), by=coordinator)
    make_wave(make_campaign(place.plan, by=coordinator), by=coordinator)
    document, procedure = make_document(issued_by=place.agency), make_procedure()
    (duty,) = make_duties(place.agency, procedure)
    act = open_change_set("Nhập", by=coordinator)
    for entered in (place.plan, place.agency, place.rollout, document, procedure, duty):
        record(act, entered)
    place.agency.revise(by=administrator, seen=place.agency.version, note="Ghi chú")
    place.editor.revise(by=place.editor, seen=1, position="Chuyên viên")
    Membership.objects.grant(
        place.editor, Role.VIEWER, place.agency, by=administrator, starts_on=day("2020-01-01")
    )
    new = make_agency(parent=place.province.van_lam)
    undo(ChangeSet.objects.first(), by=coordinator)
    return {
        "agency": [place.agency, new], "rollout": [place.rollout],
        "milestone": place.rollout.milestones.all(), "declaration": place.agency.declarations.all(),
        "document": [document], "procedure": [procedure], "agencyprocedure": [duty], "plan": [place.plan],
        "target": place.plan.targets.all(), "campaign": place.plan.campaigns.all(), "user": [place.editor],
    }  # fmt: skip


def readers(place):
    """A person of each role at the top of the tree and at a district, and one who acted there."""
    province, district = place.province.committee, place.province.van_lam
    return [make_user(role, at) for at in (province, district) for role in Role] + [place.editor]


def links(client, address):
    page = client.get(address)
    if page.status_code != 200:
        return None
    return set(LINK.findall(page.content.decode().partition("<main")[2].partition("</main>")[0]))


def test_no_link_of_a_history_page_leads_nowhere(client, place, acted):
    assert acted.keys() == KINDS.keys()
    pages = [reverse(f"history_of_{kind}", args=[r.pk]) for kind, records in acted.items() for r in records]
    pages += [reverse("agency", args=[place.agency.pk]), acted["document"][0].get_absolute_url()]
    pages += [act.get_absolute_url() for act in ChangeSet.objects.all()] + [reverse("change_sets")]
    dead = []
    for reader in readers(place):
        client.force_login(reader)
        opened = {page: links(client, page) for page in pages}
        assert sum(found is not None for found in opened.values()) > 5
        answers = {}
        for page, found in opened.items():
            for link in found or ():
                if link not in answers:
                    answers[link] = client.get(link).status_code
                if answers[link] >= 400:
                    roles = [m.role for m in reader.memberships.all()]
                    dead.append((roles, page, link, answers[link]))
    assert dead == []


def test_what_leads_nowhere_for_a_reader_still_stands_there_as_text(client, place):
    act = open_change_set("Sửa kế hoạch", by=None)
    record(act, place.plan)
    address = reverse("history_of_plan", args=[place.plan.pk])
    seen = {}
    for agency in (place.province.committee, place.province.van_lam):
        client.force_login(make_user(Role.VIEWER, agency))
        page = client.get(address).content.decode()
        assert "Sửa kế hoạch" in page
        seen[agency] = act.get_absolute_url() in page
    assert seen == {place.province.committee: True, place.province.van_lam: False}


@pytest.mark.parametrize("shown", ["plan", "change_set"])
def test_many_lines_cost_as_many_queries_as_few(client, place, acted, shown):
    plan = Plan.objects.get(pk=place.plan.pk)
    act = ChangeSet.objects.get(title="Nhập")
    address = act.get_absolute_url() if shown == "change_set" else reverse("history_of_plan", args=[plan.pk])
    client.force_login(make_user(Role.VIEWER, place.province.van_lam))

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(10):
        record(open_change_set(f"Sửa {number}", by=None), plan)
        for one in (place.agency, place.rollout, acted["document"][0], acted["agencyprocedure"][0]):
            record(act, one)
    assert cost() <= few
