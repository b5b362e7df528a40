"""A file sent with a milestone or a declaration: entered with it, kept when the form comes back, never a copy."""

import re

import pytest
from django.urls import reverse

from agencies.models import ChangeSet
from agencies.testing import day
from iso_rollout.papers.tests import samples
from procedures.lifecycle import Stage
from procedures.models import Declaration, Document
from procedures.testing import declare, make_document, make_duties, make_procedure, reach, standard
from procedures.tests.recording import kept, send_again, sent, texts, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def typed(place):
    return {
        "seen": place.rollout.version,
        "stage": "steering",
        "on": "20/06/2020",
        "note": "",
        "doc_number": "12/QĐ-UBND",
    }


def record(client, place, values):
    return client.post(url_of("record_milestone", place), values)


def test_the_file_becomes_that_of_the_typed_document(client, place, typed):
    client.force_login(place.editor)
    assert record(client, place, typed | {"doc_file": sent()}).status_code == 302
    document = place.rollout.milestones.get().document
    assert (document.number, document.file_name) == ("12/QĐ-UBND", "Quyết định 12.pdf")
    assert {c.model for c in ChangeSet.objects.first().changes.all()} == {
        "procedures.document",
        "procedures.milestone",
    }


def test_a_file_alone_is_a_document_too(client, place, typed):
    client.force_login(place.editor)
    record(client, place, typed | {"doc_number": "", "doc_file": sent()})
    assert str(place.rollout.milestones.get().document) == "Quyết định 12.pdf"


def test_a_refused_file_says_what_to_do_and_writes_nothing(client, place, typed):
    client.force_login(place.editor)
    answer = record(client, place, typed | {"doc_file": sent("a.pdf", samples.script())})
    assert answer.status_code == 422 and "doc_file" in answer.context["form"].errors
    assert not Document.objects.exists() and not place.rollout.milestones.exists()


def test_the_file_need_not_be_chosen_again_when_something_else_was_wrong(client, place, typed):
    client.force_login(place.editor)
    answer = record(client, place, typed | {"on": "31/02/2020", "doc_file": sent()})
    assert answer.status_code == 422 and "Quyết định 12.pdf" in answer.content.decode()
    token = answer.context["form"]["doc_file"].value()
    # As a browser sends it: the kept one, and the file input that stayed empty.
    assert record(client, place, typed | {"doc_file": [token, ""]}).status_code == 302
    assert place.rollout.milestones.get().document.file_name == "Quyết định 12.pdf"


def test_unticked_the_kept_file_is_dropped_and_a_new_one_takes_its_place(client, place, typed):
    client.force_login(place.editor)
    answer = record(client, place, typed | {"on": "x", "doc_file": sent()})
    token = answer.context["form"]["doc_file"].value()
    record(client, place, typed | {"doc_file": [token, sent("Bản đúng.pdf")]})
    assert place.rollout.milestones.get().document.file_name == "Bản đúng.pdf"


@pytest.mark.parametrize("token", ["x", "a:b:c"])
def test_a_forged_token_is_no_file(client, place, typed, token):
    client.force_login(place.editor)
    answer = record(client, place, typed | {"doc_file": token})
    assert answer.status_code == 422 and "doc_file" in answer.context["form"].errors


def test_sent_twice_with_its_file_it_has_one_effect(client, place, typed):
    client.force_login(place.editor)
    record(client, place, typed | {"doc_file": sent()})
    sets = ChangeSet.objects.count()
    second = client.post(url_of("record_milestone", place), typed | {"doc_file": sent()}, follow=True)
    assert second.status_code == 200 and "/co-quan/" in texts(second)[-1]
    assert (Document.objects.count(), ChangeSet.objects.count()) == (1, sets)


def test_the_file_goes_along_when_somebody_was_faster(client, place, typed):
    reach(place.rollout, Stage.PLANNED, by=place.coordinator)
    client.force_login(place.editor)
    stale = record(client, place, typed | {"doc_file": sent()})
    assert stale.status_code == 409 and "Quyết định 12.pdf" in stale.content.decode()
    send_again(client, stale)
    assert place.rollout.milestones.get(stage="steering").document.file_name == "Quyết định 12.pdf"


def test_the_same_content_is_the_document_on_record(client, place, typed):
    known = Document.objects.register(
        place.agency, by=None, kind="decision", number="12/QĐ-UBND", signed_on=day("2020-06-19"), signer="", title="",
        file=kept(),
    )  # fmt: skip
    client.force_login(place.editor)
    answer = record(client, place, typed | {"doc_number": "99/QĐ-UBND", "doc_file": sent()})
    assert answer.status_code == 422 and "12/QĐ-UBND" in answer.content.decode()
    record(client, place, typed | {"doc_number": "", "doc_file": sent()})
    assert place.rollout.milestones.get().document == known and Document.objects.count() == 1


def test_the_file_of_a_chosen_document_is_added_where_it_has_none(client, place, typed):
    known = make_document(issued_by=place.agency)
    client.force_login(place.editor)
    record(client, place, typed | {"doc_number": "", "document": known.pk, "doc_file": sent()})
    known.refresh_from_db()
    assert known.file_name == "Quyết định 12.pdf"


@pytest.mark.parametrize("issuer", ["committee", "lac_dao"])
def test_a_file_of_others_or_another_file_is_not_put_over_it(client, place, typed, issuer):
    known = make_document(issued_by=getattr(place.province, issuer))
    place.rollout.reach(
        Stage.PLANNED, on=day("2020-06-10"), by=None, seen=place.rollout.version, document=known
    )
    if issuer == "lac_dao":
        known.replace_file(kept("Khác.pdf"), by=None, seen=known.version)
    client.force_login(place.editor)
    values = typed | {
        "seen": place.rollout.version,
        "doc_number": "",
        "document": known.pk,
        "doc_file": sent(),
    }
    answer = record(client, place, values)
    assert answer.status_code == 422 and "doc_file" in answer.context["form"].errors


def test_any_document_within_reach_can_be_chosen(client, place, typed):
    decision = make_document(issued_by=place.province.van_lam)
    client.force_login(place.editor)
    record(client, place, typed | {"doc_number": "", "document": decision.pk})
    assert place.rollout.milestones.get().document == decision


def test_searching_without_a_script_loses_nothing_and_writes_nothing(client, place, typed):
    make_document(number="77/QĐ-VL", issued_by=place.province.van_lam)
    client.force_login(place.editor)
    answer = record(client, place, typed | {"on": "mai", "doc_q": "77/qd", "find": "1", "doc_file": sent()})
    form = answer.context["form"]
    assert answer.status_code == 200 and not form.errors
    assert "77/QĐ-VL" in str(form["document"]) and form["on"].value() == "mai"
    assert "Quyết định 12.pdf" in answer.content.decode() and not place.rollout.milestones.exists()
    # The page goes on at the search.
    assert re.findall(r'name="(\w+)"[^>]* autofocus', answer.content.decode()) == ["doc_q"]


def test_words_of_a_search_without_a_choice_are_asked_about(client, place, typed):
    """Without a script Enter in the search sends the form; no milestone must come of it by mistake."""
    client.force_login(place.editor)
    answer = record(client, place, typed | {"doc_number": "", "doc_q": "77/qd"})
    assert answer.status_code == 422 and list(answer.context["form"].errors) == ["document"]
    assert not place.rollout.milestones.exists()


def test_another_file_of_a_correction_belongs_to_another_document(client, place, typed):
    client.force_login(place.editor)
    record(client, place, typed | {"doc_file": sent()})
    place.rollout.refresh_from_db()
    milestone = place.rollout.milestones.get()
    values = {
        "seen": place.rollout.version, "entry_seen": milestone.version, "stage": "steering", "on": "20/06/2020", "note": "",
        "reason": "Nhầm văn bản", "document": "", "doc_number": "13/QĐ-UBND", "doc_file": sent("13.pdf"),
    }  # fmt: skip
    assert client.post(url_of("amend_milestone", place, milestone.pk), values).status_code == 302
    milestone.refresh_from_db()
    assert (milestone.document.number, milestone.document.file_name) == ("13/QĐ-UBND", "13.pdf")


# Declarations


@pytest.fixture
def declared(place):
    return {
        "seen": place.rollout.version, "after": 0, "number": "45/QĐ-UBND", "on": "20/11/2020", "signer": "Chủ tịch",
        "standard": standard().pk, "covers": "all",
    }  # fmt: skip


def declare_url(place):
    return f"{reverse('declare', args=[place.agency.pk])}?dot={place.rollout.pk}"


def test_the_decision_is_entered_with_number_day_and_signer_of_the_declaration(client, place, declared):
    client.force_login(place.editor)
    client.post(declare_url(place), declared | {"doc_title": "Công bố HTQLCL", "doc_file": sent()})
    document = Declaration.objects.get().document
    assert (document.number, document.signed_on, document.signer) == (
        "45/QĐ-UBND",
        day("2020-11-20"),
        "Chủ tịch",
    )
    assert document.file and document == place.rollout.milestones.get().document


def test_without_abstract_and_file_no_document_is_entered_but_the_known_one_is_linked(
    client, place, declared
):
    known = make_document(number="45/QĐ-UBND", signed_on=day("2020-11-20"), issued_by=place.agency)
    client.force_login(place.editor)
    client.post(declare_url(place), declared)
    assert Declaration.objects.get().document == known and Document.objects.count() == 1


def test_the_file_is_added_by_a_correction_once(client, place):
    declaration = declare(place.agency, by=place.editor, number="45/QĐ-UBND")
    client.force_login(place.editor)
    values = {
        "seen": declaration.version, "number": "45/QĐ-UBND", "on": "20/11/2020", "signer": "", "reason": "first",
        "why": "Bổ sung tệp", "doc_file": sent(),
    }  # fmt: skip
    address = reverse("amend_declaration", args=[place.agency.pk, declaration.pk])
    assert client.post(address, values).status_code == 302
    declaration.refresh_from_db()
    assert declaration.document.file_name == "Quyết định 12.pdf"
    sets = ChangeSet.objects.count()
    assert client.post(address, values | {"doc_file": sent()}, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_the_number_of_the_notice_is_kept(client, place, declared):
    client.force_login(place.editor)
    client.post(declare_url(place), declared | {"notice_number": "12/UBND-VP", "notified_on": "22/11/2020"})
    assert Declaration.objects.get().notice_number == "12/UBND-VP"
    assert "12/UBND-VP" in client.get(place.agency.get_absolute_url()).content.decode()


def test_only_the_chosen_procedures_are_covered(client, place, declared):
    one, _two = make_duties(place.agency, make_procedure(), make_procedure())
    client.force_login(place.editor)
    page = client.get(declare_url(place)).context["form"]
    assert len(page["chosen"].initial) == 2
    today = page["listed_on"].value()
    client.post(declare_url(place), declared | {"covers": "chosen", "chosen": [one.pk], "listed_on": today})
    assert [d.pk for d in place.agency.procedures.filter(applied_on=day("2020-11-20"))] == [one.pk]


@pytest.mark.parametrize("chosen", [[], ["x"], ["999999"]])
def test_choosing_none_or_nonsense_stands_beside_the_list(client, place, declared, chosen):
    make_duties(place.agency, make_procedure())
    client.force_login(place.editor)
    answer = client.post(declare_url(place), declared | {"covers": "chosen", "chosen": chosen})
    assert answer.status_code == 422 and "chosen" in answer.context["form"].errors


def test_other_procedures_in_force_on_the_typed_day_are_looked_at_again(client, place, declared):
    (old,) = make_duties(place.agency, make_procedure(repealed_on=day("2021-03-01")))
    (new,) = make_duties(place.agency, make_procedure(effective_on=day("2021-03-01")))
    client.force_login(place.editor)
    values = declared | {"covers": "chosen", "chosen": [new.pk]}
    answer = client.post(declare_url(place), values)
    form = answer.context["form"]
    assert answer.status_code == 422 and "chosen" in form.errors
    assert [pk for pk, _name in form.fields["chosen"].choices] == [old.pk]
    listed = form["listed_on"].value()
    assert (
        client.post(declare_url(place), values | {"chosen": [old.pk], "listed_on": listed}).status_code == 302
    )
