"""The screens that record, correct and take back a declaration."""

import pytest
from django.urls import reverse

from agencies.models import ChangeSet
from agencies.testing import day
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration, Redeclaration
from procedures.testing import declare, make_duties, make_procedure, reach, standard
from procedures.tests.recording import send_again, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(place):
    return {
        "seen": place.rollout.version,
        "after": 0,
        "number": "45/QĐ-UBND",
        "on": "20/11/2020",
        "signer": "Chủ tịch UBND xã",
        "standard": standard().pk,
        "covers": "all",
    }


def declare_url(place, *, rollout=True):
    url = reverse("declare", args=[place.agency.pk])
    return f"{url}?dot={place.rollout.pk}" if rollout else url


def own_url(act, declaration):
    return reverse(f"{act}_declaration", args=[declaration.agency_id, declaration.pk])


def test_it_says_which_target_it_counts_for(client, place):
    client.force_login(place.editor)
    response = client.get(declare_url(place))
    assert str(place.plan.targets.get()) in response.context["becomes"][0]
    assert response.context["form"]["standard"].value() in (standard(), standard().pk)


def test_withdrawn_standards_are_marked(client, place):
    client.force_login(place.editor)
    labels = [
        label for _v, label in client.get(declare_url(place)).context["form"].fields["standard"].choices
    ]
    assert labels[0] == "TCVN ISO 9001:2015" and "31/12/2015" in labels[1]


def test_the_rollout_reaches_declared_and_the_procedures_follow(client, place, typed):
    make_duties(place.agency, make_procedure())
    client.force_login(place.editor)
    response = client.post(declare_url(place), typed)
    assert response.url.endswith(f"#rollout-{place.rollout.pk}")
    declaration = Declaration.objects.get()
    assert (declaration.number, declaration.reason) == ("45/QĐ-UBND", Redeclaration.FIRST)
    assert declaration.milestone.rollout == place.rollout
    assert place.agency.procedures.get().standard == standard()


def test_covering_none_the_procedures_stay(client, place, typed):
    make_duties(place.agency, make_procedure())
    client.force_login(place.editor)
    client.post(declare_url(place), typed | {"covers": "none"})
    assert place.agency.procedures.get().standard is None


def test_without_a_number_it_is_kept_and_warned_of(client, place, typed):
    client.force_login(place.editor)
    client.post(declare_url(place), typed | {"number": ""})
    assert Declaration.objects.get().lacks_evidence
    shown = client.get(place.agency.get_absolute_url()).context["messages"]
    assert [m.level_tag for m in shown] == ["success", "warning"]


def test_with_notice_and_posting_the_rollout_is_notified(client, place, typed):
    client.force_login(place.editor)
    client.post(declare_url(place), typed | {"notified_on": "22/11/2020", "posted_on": "23/11/2020"})
    assert place.rollout.milestones.get(stage=Stage.NOTIFIED).reached_on == day("2020-11-23")


def test_declaring_again_proposes_its_reason_by_the_rule(client, place):
    declare(place.agency, on="2015-03-01", year=2008)
    client.force_login(place.editor)
    response = client.get(declare_url(place))
    assert response.context["form"]["reason"].value() == Redeclaration.NEW_STANDARD
    assert any("01/QĐ-CB" in sentence for sentence in response.context["becomes"])


@pytest.mark.parametrize(
    "said", [{"number": "45/QĐ-UBND"}, {"note": "chưa rõ số"}, {"doc_title": "Về công bố"}]
)
def test_an_untouched_form_does_not_declare_again(client, place, typed, said):
    first = declare(place.agency, on="2015-03-01", year=2008)
    client.force_login(place.editor)
    page = client.get(declare_url(place))
    assert "chưa rõ số" in page.content.decode().lower()
    untouched = typed | {"after": first.pk, "number": "", "signer": "", "reason": Redeclaration.NEW_STANDARD}
    response = client.post(declare_url(place), untouched)
    assert response.status_code == 422 and list(response.context["form"].errors) == ["number"]
    assert client.post(declare_url(place), untouched | said).status_code == 302
    assert Declaration.objects.count() == 2


def test_a_declaration_outside_a_plan_leaves_the_rollout_open_and_says_so(client, place, typed):
    client.force_login(place.editor)
    assert client.get(declare_url(place, rollout=False)).context["others"] == [place.rollout]
    client.post(declare_url(place, rollout=False), typed | {"seen": 0})
    assert Declaration.objects.count() == 1 and not place.rollout.milestones.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": "32/01/2020"}, "on"),
        ({"on": "01/01/2999"}, "on"),
        ({"on": "01/01/2014"}, "on"),
        ({"standard": "999"}, "standard"),
        ({"notified_on": "19/11/2020"}, "notified_on"),
        ({"after": ""}, "after"),
    ],
)
def test_nonsense_and_hard_rules_stand_beside_their_field(client, place, typed, wrong, field):
    client.force_login(place.editor)
    response = client.post(declare_url(place), typed | wrong)
    form = response.context["form"]
    assert response.status_code == 422 and field in form.errors
    assert form["number"].value() == "45/QĐ-UBND" and not Declaration.objects.exists()


def test_before_the_promulgation_is_refused(client, place, typed):
    reach(place.rollout, Stage.PROMULGATED)
    client.force_login(place.editor)
    response = client.post(declare_url(place), typed | {"seen": place.rollout.version, "on": "01/08/2020"})
    assert response.status_code == 422 and "on" in response.context["form"].errors


@pytest.mark.parametrize("rollout", [True, False])
def test_sent_twice_it_has_one_effect(client, place, typed, rollout):
    client.force_login(place.editor)
    client.post(declare_url(place, rollout=rollout), typed)
    sets = ChangeSet.objects.count()
    second = client.post(declare_url(place, rollout=rollout), typed, follow=True)
    assert second.status_code == 200 and "#declarations" in texts(second)[-1]
    assert (Declaration.objects.count(), ChangeSet.objects.count()) == (1, sets)


@pytest.mark.parametrize("rollout", [True, False])
def test_declared_by_somebody_else_meanwhile_shows_both(client, place, typed, rollout):
    declare(place.agency, on="2020-11-10", by=place.coordinator, number="44/QĐ-UBND")
    client.force_login(place.editor)
    response = client.post(declare_url(place, rollout=rollout), typed)
    page = response.content.decode()
    assert response.status_code == 409
    for text in (place.coordinator.full_name, "44/QĐ-UBND", "45/QĐ-UBND", "10/11/2020"):
        assert text in page
    send_again(client, response)
    assert Declaration.objects.count() == 2


def test_the_same_day_declared_by_somebody_else_becomes_a_correction(client, place, typed):
    declare(place.agency, by=place.coordinator, number="44/QĐ-UBND", rollout=place.rollout)
    client.force_login(place.editor)
    response = client.post(declare_url(place), typed)
    assert response.status_code == 409 and "44/QĐ-UBND" in response.content.decode()
    assert not response.context["form"].errors
    send_again(client, response)
    assert Declaration.objects.get().number == "45/QĐ-UBND"


def test_a_milestone_recorded_meanwhile_is_told(client, place, typed):
    reach(place.rollout, Stage.PROMULGATED, by=place.coordinator)
    client.force_login(place.editor)
    response = client.post(declare_url(place), typed)
    assert response.status_code == 409 and place.coordinator.full_name in response.content.decode()


def test_a_covered_agency_has_no_declaration(client, place, typed):
    client.force_login(place.coordinator)
    address = reverse("declare", args=[place.province.office.pk])
    assert client.get(address).status_code == 302
    # It was covered while somebody typed.
    response = client.post(address, typed)
    assert (
        response.status_code == 422
        and "không có hệ thống quản lý chất lượng riêng" in response.content.decode()
    )
    assert typed["number"] in response.content.decode()
    assert not Declaration.objects.exists()


@pytest.mark.parametrize("given", ["x", "9" * 30, "-1", ""])
def test_a_rollout_that_is_none_is_not_here(client, place, given):
    client.force_login(place.editor)
    assert client.get(f"{declare_url(place, rollout=False)}?dot={given}").status_code == 404


def test_a_stranger_gets_404_and_a_reader_403(client, place, typed):
    declaration = declare(place.agency)
    urls = [declare_url(place), own_url("amend", declaration), own_url("withdraw", declaration)]
    for person, status in ((place.stranger, 404), (place.viewer, 403)):
        client.force_login(person)
        for url in urls:
            assert client.get(url).status_code == status
            assert client.post(url, typed).status_code == status
    assert Declaration.objects.count() == 1


# Correct and take back


@pytest.fixture
def declaration(place):
    return declare(place.agency, by=place.editor, number="", rollout=place.rollout)


@pytest.fixture
def corrected(declaration):
    return {
        "seen": declaration.version,
        "number": "45/QĐ-UBND",
        "on": "21/11/2020",
        "reason": "first",
        "why": "Bổ sung số",
    }


def test_a_number_added_later_closes_the_gap(client, place, declaration, corrected):
    client.force_login(place.editor)
    assert client.post(own_url("amend", declaration), corrected).status_code == 302
    declaration.refresh_from_db()
    assert (declaration.number, declaration.lacks_evidence) == ("45/QĐ-UBND", False)
    assert declaration.milestone.reached_on == day("2020-11-21")
    assert ChangeSet.objects.first().reason == "Bổ sung số"


def test_a_returned_declaration_is_mended_and_handed_in_again(client, place, declaration, corrected):
    declaration.return_(by=place.coordinator, seen=declaration.version, note="Thiếu số")
    client.force_login(place.editor)
    client.post(own_url("amend", declaration), corrected | {"seen": declaration.version, "why": ""})
    declaration.refresh_from_db()
    assert declaration.acceptance == Acceptance.UNREVIEWED
    assert declaration.milestone.acceptance == Acceptance.UNREVIEWED


def test_a_correction_sent_twice_has_one_effect(client, place, declaration, corrected):
    client.force_login(place.editor)
    client.post(own_url("amend", declaration), corrected)
    sets = ChangeSet.objects.count()
    assert client.post(own_url("amend", declaration), corrected, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_a_stale_correction_shows_both(client, place, declaration, corrected):
    declaration.amend(on=day("2020-11-22"), by=place.coordinator, seen=declaration.version, number="46/QĐ")
    client.force_login(place.editor)
    response = client.post(own_url("amend", declaration), corrected)
    page = response.content.decode()
    assert response.status_code == 409
    for text in (place.coordinator.full_name, "46/QĐ", "45/QĐ-UBND", "22/11/2020"):
        assert text in page
    send_again(client, response)
    declaration.refresh_from_db()
    assert declaration.number == "45/QĐ-UBND"


def test_taken_back_with_its_milestone_and_only_once(client, place, declaration):
    client.force_login(place.editor)
    assert client.get(own_url("withdraw", declaration)).status_code == 200
    typed = {"seen": declaration.version, "reason": "Nhập nhầm xã"}
    client.post(own_url("withdraw", declaration), typed)
    assert not Declaration.objects.exists() and not place.rollout.milestones.exists()
    sets = ChangeSet.objects.count()
    assert client.post(own_url("withdraw", declaration), typed, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_a_stale_taking_back_shows_both(client, place, declaration):
    seen = declaration.version
    declaration.amend(on=day("2020-11-22"), by=place.coordinator, seen=seen, number="46/QĐ")
    client.force_login(place.editor)
    response = client.post(own_url("withdraw", declaration), {"seen": seen, "reason": "Nhầm"})
    assert response.status_code == 409 and "46/QĐ" in response.content.decode()


def test_the_pages_cost_few_queries(client, place, declaration, django_assert_max_num_queries):
    client.force_login(place.editor)
    for url in (declare_url(place), own_url("amend", declaration), own_url("withdraw", declaration)):
        with django_assert_max_num_queries(19):
            client.get(url)
