"""The doors of documents: entered, corrected, another file, in place of another; undone."""

import pytest
from django.core.files.storage import default_storage

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import ChangeSet
from agencies.testing import day
from iso_rollout import papers
from procedures.lifecycle import Evidence, Stage
from procedures.models import Document
from procedures.models.files import Kept, receive
from procedures.testing import make_document
from procedures.tests.recording import kept, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def register(place, by=None, **values):
    values = {"kind": Evidence.DECISION, "number": "12/QĐ-UBND", "signed_on": day("2020-06-19")} | values
    return Document.objects.register(place.agency, by=by or place.editor, signer="", title="", **values)


def test_a_file_is_stored_once_under_its_hash(media):
    one, two = kept(), receive(sent("Bản khác.pdf", sent().read()))
    assert one.path == two.path == f"documents/{one.sha256[:2]}/{one.sha256}"
    assert [p.name for p in media.rglob("*") if p.is_file()] == [one.sha256]


def test_what_a_crash_cut_short_is_written_again(media):
    one = kept()
    (media / one.path).write_bytes(b"%PDF")
    kept()
    assert (media / one.path).stat().st_size == one.size


def test_a_refused_file_is_not_stored(media):
    with pytest.raises(papers.Refused):
        receive(sent("a.pdf", b"MZ"))
    assert not media.exists()


def test_the_name_is_shown_without_folders_and_tricks():
    assert kept("..\\..\\x\u202efdp.exe Quyết định").name == "xfdp.exe Quyết định.pdf"


def test_a_token_names_only_files_that_are_here(media):
    one = kept()
    assert Kept.of_token(one.token) == one
    assert Kept.of_token(one.token[:-2]) is None and Kept.of_token("x") is None
    (media / one.path).unlink()
    assert Kept.of_token(one.token) is None


def test_a_document_is_entered_with_its_file_by_one_act(place):
    file = kept()
    document = register(place, file=file)
    assert (document.sha256, document.file_name, document.size) == (file.sha256, file.name, file.size)
    assert ChangeSet.objects.first().changes.get().object_id == document.pk


def test_who_may_not(place):
    for person in (place.viewer, place.stranger):
        with pytest.raises(Refused):
            register(place, by=person)
        with pytest.raises(Refused):
            make_document(issued_by=place.agency).amend(by=person, seen=1, title="x")
    with pytest.raises(Refused):
        make_document().amend(by=place.editor, seen=1, title="x")
    make_document().amend(by=place.coordinator, seen=1, title="x")


def test_the_same_number_and_day_is_on_record_already(place):
    register(place)
    with pytest.raises(Refused) as refused:
        register(place)
    assert refused.value.field == "number"
    other = register(place, number="13/QĐ-UBND")
    with pytest.raises(Refused):
        other.amend(by=place.editor, seen=other.version, number="12/QĐ-UBND")


def test_a_stale_correction_changes_nothing(place):
    document = register(place)
    document.amend(by=place.coordinator, seen=1, title="Của tỉnh")
    with pytest.raises(ChangedMeanwhile):
        document.amend(by=place.editor, seen=1, title="Của xã")
    document.refresh_from_db()
    assert document.title == "Của tỉnh"


def test_another_file_keeps_the_earlier_one_readable(place):
    first, second = kept("Bản mờ.pdf"), kept("Bản rõ.pdf")
    document = register(place, file=first)
    document.replace_file(second, by=place.coordinator, seen=1, why="Bản quét mờ")
    document.refresh_from_db()
    assert document.sha256 == second.sha256
    ((sha256, name, line),) = document.earlier_files()
    assert (sha256, name) == (first.sha256, "Bản mờ.pdf")
    assert (line.change_set.made_by, line.change_set.reason) == (place.coordinator, "Bản quét mờ")
    assert default_storage.exists(first.path)
    with pytest.raises(Refused):
        document.replace_file(second, by=place.coordinator, seen=2)


def test_a_replaced_file_comes_back_with_an_undo(place):
    first, second = kept("a.pdf"), kept("b.pdf")
    document = register(place, file=first)
    document.replace_file(second, by=place.coordinator, seen=1)
    back = undo(ChangeSet.objects.first(), by=None)
    document.refresh_from_db()
    assert (document.sha256, document.file.name) == (first.sha256, first.path)
    assert [name for _sha, name, _line in document.earlier_files()] == ["b.pdf"]
    undo(back.change_set, by=None)
    document.refresh_from_db()
    assert document.sha256 == second.sha256


def test_an_undone_entry_leaves_the_content_that_others_use(place):
    file = kept()
    register(place, file=file)
    undo(ChangeSet.objects.first(), by=None)
    assert not Document.objects.exists() and default_storage.exists(file.path)


def test_one_that_is_in_use_is_not_taken_away(place):
    document = register(place)
    entered = ChangeSet.objects.first()
    place.rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=None, seen=place.rollout.version, document=document
    )
    assert len(undo(entered, by=None).impossible) == 1


def test_a_document_takes_the_place_of_one_other_only(place):
    first = register(place)
    second = register(place, number="13/QĐ-UBND", replaces=first)
    third = register(place, number="14/QĐ-UBND", replaces=second)
    assert second.neighbours() == [first.pk, second.pk, third.pk]
    with pytest.raises(Refused) as refused:
        register(place, number="15/QĐ-UBND", replaces=first)
    assert refused.value.field == "replaces"


def test_the_file_of_a_document_on_record_comes_with_a_milestone(place):
    document = register(place)
    document.attach(kept())
    place.rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=place.editor, seen=place.rollout.version, document=document
    )
    stored = Document.objects.get()
    assert stored.file and stored.version == 2
    assert {c.model for c in ChangeSet.objects.first().changes.all()} == {
        "procedures.document",
        "procedures.milestone",
    }


def test_nobody_fills_a_document_of_another_agency_on_the_way(place):
    document = make_document(issued_by=place.province.committee)
    document.attach(kept())
    with pytest.raises(Refused):
        place.rollout.reach(
            Stage.STEERING,
            on=day("2020-06-20"),
            by=place.editor,
            seen=place.rollout.version,
            document=document,
        )
    assert not place.rollout.milestones.exists() and not Document.objects.get().file


def test_within_a_subtree_are_those_issued_or_relied_on_there(place):
    issued, relied_on, foreign = (
        register(place),
        make_document(),
        make_document(issued_by=place.province.dong_tao),
    )
    place.rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=None, seen=place.rollout.version, document=relied_on
    )
    assert set(Document.objects.within(place.province.van_lam)) == {issued, relied_on}
    assert foreign in Document.objects.within(place.province.committee)
