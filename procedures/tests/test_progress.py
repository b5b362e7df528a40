"""How far a long list has got is seen from outside while its one transaction is still open."""

import pytest
from django.urls import reverse

from agencies import progress
from agencies.imports import uploads
from agencies.models import Agency, Role, Upload
from agencies.models.history import UploadState
from agencies.progress import Doing, heard, tell, told_as
from agencies.testing import make_province, make_user, today
from procedures import imports
from procedures.models import AgencyProcedure, Procedure, duty_lists

pytestmark = pytest.mark.django_db
KIND = imports.kind("agency-procedures")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person():
    return make_user(Role.COORDINATOR, make_province().committee)


@pytest.fixture
def upload(person):
    Procedure.objects.bulk_create(Procedure(code=f"1.00000{n}", name=f"Thủ tục {n}") for n in range(5))
    codes = Agency.objects.exclude(parent=None).values_list("code", flat=True)
    rows = [f"{agency},1.00000{n}" for agency in codes for n in range(5)]
    upload = uploads.receive(
        "\n".join(["Mã cơ quan,Mã TTHC", *rows]).encode(), "ds.csv", kind=KIND, user=person
    )
    uploads.check(KIND, upload, user=person)
    return uploads.confirm(upload, user=person)


@pytest.fixture
def seen(upload, monkeypatch):
    """What another process would have read after each word."""
    found = []
    monkeypatch.setattr(progress, "PAUSE", 0)
    monkeypatch.setattr(duty_lists, "AT_A_TIME", 10)
    told = progress.Telling.tell

    def tell(self, *args):
        told(self, *args)
        found.append((heard(uploads.progress_name(upload)), AgencyProcedure.objects.count()))

    monkeypatch.setattr(progress.Telling, "tell", tell)
    return found


def test_every_stage_is_told_while_the_list_is_written(upload, person, seen, settings):
    uploads.apply(KIND, upload, user=person)
    stages = list(dict.fromkeys(said["stage"] for said, _rows in seen))
    assert stages == [Doing.READING, Doing.CHECKING, Doing.WRITING, Doing.TALLYING]
    written = [(said["done"], said["total"], rows) for said, rows in seen if said["total"]]
    assert written == [(n, 50, n) for n in range(0, 50, 10)]
    percents = [said["percent"] for said, _rows in seen]
    assert percents == sorted(percents) and percents[0] == 0 and percents[-1] >= 90
    assert heard(uploads.progress_name(upload)) is None
    assert list((settings.MEDIA_ROOT / "progress").iterdir()) == []


def test_a_failure_leaves_nothing_told(upload, person, seen, monkeypatch):
    monkeypatch.setattr(duty_lists, "retally", lambda ids: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        uploads.apply(KIND, upload, user=person)
    assert upload.state == UploadState.FAILED
    assert seen and heard(uploads.progress_name(upload)) is None


def test_the_page_says_how_many_rows_of_how_many(upload, person, client, settings):
    client.force_login(person)
    Upload.objects.filter(pk=upload.pk).update(
        state=UploadState.APPLYING, claimed_by="a:1:b", claimed_at=upload.uploaded_at
    )
    address = reverse("import_done", args=[upload.pk])
    with told_as(uploads.progress_name(upload)):
        tell(Doing.WRITING, 40_000, 100_000)
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(address, headers=headers).content.decode()
            assert "40.000" in page and "100.000" in page
            assert 'max="100" value="60"' in page
    assert 'http-equiv="refresh"' in client.get(address).content.decode()
    # A worker that has not said anything yet, or died: the page still says that it is being applied.
    assert "<progress aria-label" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"stage": "x", "done": 1, "total": 2}', '{"stage": "writing"}', "null"]
)
def test_a_damaged_word_is_no_word(text, settings):
    folder = settings.MEDIA_ROOT / "progress"
    folder.mkdir()
    (folder / "upload-1.json").write_text(text)
    assert heard("upload-1") is None


def test_a_folder_that_cannot_be_written_stops_nothing(settings, tmp_path):
    (tmp_path / "progress").write_text("a file stands where the folder should be")
    with told_as("upload-1"):
        tell(Doing.WRITING, 1, 2)
    assert heard("upload-1") is None


def test_few_words_are_written_of_many_told(monkeypatch):
    written = []
    monkeypatch.setattr(progress.os, "replace", lambda *args: written.append(args))
    with told_as("upload-1"):
        for number in range(1_000):
            tell(Doing.WRITING, number, 1_000)
        tell(Doing.TALLYING)
    assert len(written) <= 3


def test_nobody_listens_to_a_command(settings):
    tell(Doing.WRITING, 1, today().day)
    assert not (settings.MEDIA_ROOT / "progress").exists()
