"""Uploads: received, checked, confirmed, applied by one worker, taken back."""

import pytest
from django.core.management import call_command
from django.db import connection

from agencies.imports import engine, uploads
from agencies.imports.checked import Options
from agencies.models import Agency, ChangeSet, Role, Upload
from agencies.models.history import UploadState
from agencies.testing import make_province, make_user, workbook
from procedures import imports

pytestmark = pytest.mark.django_db
HEAD = ["Mã cơ quan", "Tên cơ quan", "Cấp", "Cơ quan cấp trên"]
NEW = workbook(HEAD, ["N1", "UBND xã Mới", "Xã", "H31.20"], ["N2", "UBND xã Mới Hai", "Xã", "H31.20"])
KIND = imports.kind("agencies")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person():
    return make_user(Role.COORDINATOR, make_province().committee)


def receive(person, data=NEW, name="ds.xlsx"):
    return uploads.receive(data, name, kind=KIND, user=person)


def apply(upload, person):
    uploads.confirm(upload, user=person)
    return uploads.apply(KIND, upload, user=person)


def test_a_file_is_kept_under_its_hash_and_shown_under_a_harmless_name(person, settings):
    upload = receive(person, name="..\\..\\/etc/cron.d/báo cáo\u202excod.exe\r\nX: y.xlsx")
    again = receive(person)
    assert upload.file.name == again.file.name == f"uploads/{upload.sha256[:2]}/{upload.sha256}"
    assert upload.file_name == "báo cáoxcod.exeX: y.xlsx"
    assert upload.state == UploadState.RECEIVED


def test_check_confirm_apply(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    assert (upload.state, upload.counts["new"]) == (UploadState.CHECKED, 2)
    change_set = apply(upload, person)
    assert (upload.state, change_set.upload, change_set.made_by) == (UploadState.APPLIED, upload, person)
    assert Agency.objects.filter(code__startswith="N").count() == 2


def test_a_second_click_has_no_effect(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    apply(upload, person)
    before = ChangeSet.objects.count()
    with pytest.raises(uploads.ClaimLost):
        apply(upload, person)
    assert (upload.state, ChangeSet.objects.count()) == (UploadState.APPLIED, before)


def test_two_people_with_one_file_have_one_effect(person):
    first, second = receive(person), receive(person)
    for upload in (first, second):
        uploads.check(KIND, upload, user=person)
    assert apply(first, person) is not None
    assert apply(second, person) is None
    assert (second.state, second.counts["new"], second.counts["unchanged"]) == (UploadState.APPLIED, 0, 2)


def test_what_was_shown_no_longer_happens(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    Agency.objects.establish(
        by=None,
        name="UBND xã Mới",
        code="N1",
        kind="commune_committee",
        level="commune",
        parent=Agency.objects.get(code="H31.20"),
    )
    with pytest.raises(engine.Different):
        apply(upload, person)
    assert (upload.state, upload.counts["new"], upload.claimed_by) == (UploadState.CHECKED, 1, "")
    assert not Agency.objects.filter(code="N2").exists()


def test_a_list_with_errors_is_refused_and_says_where(person):
    upload = receive(person, workbook(HEAD, ["N1", "UBND xã Mới", "Xã", "H31.99"]))
    uploads.check(KIND, upload, user=person)
    assert upload.state == UploadState.REFUSED
    assert [(p["code"], p["cell"], p["blocks"]) for p in upload.problems] == [
        ("E_PARENT_UNKNOWN", "D2", True)
    ]
    uploads.confirm(upload, user=person)
    assert upload.state == UploadState.REFUSED


def test_options_ask_for_another_check(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    uploads.change_options(upload, Options(sheet="Trang khác"))
    assert upload.state == UploadState.RECEIVED
    uploads.check(KIND, upload, user=person)
    assert upload.state == UploadState.REFUSED


def test_take_back_and_bring_back(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    apply(upload, person)
    assert len(uploads.what_undoing_does(upload).restored) == 2
    uploads.take_back(upload, by=person)
    assert upload.state == UploadState.UNDONE
    assert all(a.is_void for a in Agency.objects.filter(name__startswith="UBND xã Mới"))
    with pytest.raises(uploads.ClaimLost):
        uploads.take_back(upload, by=person)
    uploads.bring_back(upload, by=person)
    assert upload.state == UploadState.APPLIED
    assert Agency.objects.get(code="N1").dissolved_on is None


def test_the_worker_applies_what_waits(person, capsys):
    done, waiting = receive(person), receive(person, workbook(HEAD, ["N9", "UBND xã Chín", "Xã", "H31.20"]))
    for upload in (done, waiting):
        uploads.check(KIND, upload, user=person)
        uploads.confirm(upload, user=person)
    call_command("run_uploads")
    assert set(Upload.objects.values_list("state", flat=True)) == {UploadState.APPLIED}
    assert Agency.objects.filter(code__in=["N1", "N2", "N9"]).count() == 3


def test_a_dead_workers_upload_has_failed_and_can_be_tried_again(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    uploads.confirm(upload, user=person)
    claimed = uploads.claim_next(uploads.worker_name().replace(":", ":99999999", 1))
    assert claimed.pk == upload.pk and uploads.claim_next("another:1:x") is None
    assert uploads.give_up_dead() == 1
    upload.refresh_from_db()
    assert upload.state == UploadState.FAILED
    assert apply(upload, person) is not None


def test_a_worker_that_was_given_up_writes_nothing(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    uploads.confirm(upload, user=person)
    claimed = uploads.claim_next("elsewhere:1:x")
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.FAILED, claimed_by="", claimed_at=None)
    with pytest.raises(uploads.ClaimLost):
        uploads.apply_claimed(KIND, claimed, user=person, worker="elsewhere:1:x")
    assert not Agency.objects.filter(code="N1").exists()


def test_who_lost_the_role_meanwhile_brings_in_nothing(person):
    upload = receive(person)
    uploads.check(KIND, upload, user=person)
    uploads.confirm(upload, user=person)
    person.memberships.all().delete()
    person.__dict__.pop("_grants", None)
    with pytest.raises(engine.Refused):
        uploads.apply(KIND, upload, user=person)
    assert upload.state == UploadState.FAILED


def test_the_command_answers_in_json_and_writes_nothing_without_apply(tmp_path, capsys):
    import json

    make_province()
    path = tmp_path / "ds.xlsx"
    path.write_bytes(NEW)
    before = (Agency.objects.count(), ChangeSet.objects.count())
    call_command("import_sheet", "agencies", str(path), "--json", "--records")
    told = json.loads(capsys.readouterr().out)
    assert {k: told[k] for k in ("kind", "file", "outcome", "rows", "new", "changed", "unchanged")} == {
        "kind": "agencies", "file": "ds.xlsx", "outcome": "checked", "rows": 2, "new": 2, "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert told["records"][0] == {
        "code": "N1", "name": "UBND xã Mới", "level": "commune", "parent_code": "H31.20", "parent_name": "UBND huyện Văn Lâm",
    }  # fmt: skip
    assert (Agency.objects.count(), ChangeSet.objects.count()) == before
    call_command("import_sheet", "agencies", str(path), "--apply", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == "applied" and told["changeset"] == ChangeSet.objects.first().pk
    path.write_bytes(workbook(HEAD, ["N1", "UBND xã Mới", "Xã", "H31.99"]))
    with pytest.raises(SystemExit) as ended:
        call_command("import_sheet", "agencies", str(path), "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert [(e["sheet"], e["cell"], e["code"]) for e in told["errors"]] == [
        ("Danh sách", "D2", "E_PARENT_UNKNOWN")
    ]


def test_a_check_takes_no_write_lock(django_assert_max_num_queries):
    make_province()
    with django_assert_max_num_queries(20) as asked:
        engine.check(KIND, NEW, "ds.xlsx")
    assert all(q["sql"].lstrip().upper().startswith("SELECT") for q in asked.captured_queries), (
        connection.vendor
    )
