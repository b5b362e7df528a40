"""Damaged files and nonsense at the door and at every step after it: an answer, within seconds, and nothing written.

`UPLOAD_MUTATIONS=2000 pytest procedures/tests/test_damaged_uploads.py -n 2` is the long run.
"""

import json
import os
import pickle
import random
import re
import time
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import AgencyAlias, Change, ChangeSet, Role, Upload
from agencies.testing import make_province, make_user, workbook
from iso_rollout.sheets import child, reading
from iso_rollout.sheets.problems import Refused
from iso_rollout.sheets.tests import workbooks as w
from procedures import imports
from procedures.models import Declaration

pytestmark = pytest.mark.django_db
MUTATIONS = int(os.environ.get("UPLOAD_MUTATIONS", "40"))
CHUNK = 20
NONSENSE = 30  # forms for each step
SLOWEST = 40  # seconds: the parser's own limit and a loaded machine
GETS = ("recognise", "match", "check", "confirm", "done", "annotated", "file", "undo")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def coordinator(client):
    user = make_user(Role.COORDINATOR, make_province().committee)
    client.force_login(user)
    return user


@pytest.fixture
def parsed_once(monkeypatch):
    """Each file goes through the real child once; the steps after it get the same answer again."""
    kept, parse = {}, child.parse

    def again(data, *, convert_legacy=False):
        key = (bytes(data), convert_legacy)
        if key not in kept:
            kept.clear()
            try:
                kept[key] = pickle.dumps(parse(data, convert_legacy=convert_legacy))
            except Refused as refused:
                kept[key] = refused
        if isinstance(kept[key], Refused):
            raise kept[key]
        return pickle.loads(kept[key])

    monkeypatch.setattr(reading, "parse", again)


# What is damaged, and how


def originals():
    plain = w.table(title=w.TITLE, groups=True, totals=True, footer=w.FOOTER)
    text = w.csv_text(plain)
    return [
        ("xlsx", w.xlsx(plain, merges=["A4:E4"], hidden_rows=[9])), ("xlsx", w.openpyxl_xlsx(plain)), ("ods", w.ods(plain)),
        ("csv", text.encode("utf-8-sig")), ("csv", w.csv_text(plain, ";").encode("utf-16")), ("csv", text.encode()),
    ]  # fmt: skip


def flip(data, chance):
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def cut(data, chance):
    return data[: chance.randrange(len(data))] + (
        b"" if chance.random() < 0.5 else data[chance.randrange(len(data)) :]
    )


NASTY = ("&#0;", "&#x1F;", "\ud7ff", "\u202e", "\u0000", "A" * 40_000, "<![CDATA[<x>]]>", "&amp;lt;", "-1", "1e999", "ZZZ9999999", "&bang;", "=HYPERLINK(1)")  # fmt: skip


def edit_text(text, chance):
    """A part of a workbook, or a csv, with a tag or value changed as no program would write it."""
    place = [m.span() for m in re.finditer(r'"[^"<>]*"|>[^<>]+<|<[^<>]+>', text)] or [(0, len(text))]
    for _ in range(chance.randint(1, 4)):
        start, end = chance.choice(place)
        act = chance.random()
        if act < 0.4:
            text = text[:start] + text[end:]
        elif act < 0.7:
            middle = (start + end) // 2
            text = text[:middle] + chance.choice(NASTY) + text[middle:]
        else:
            text = text[:end] + text[start:end] * chance.randint(1, 50) + text[end:]
    return text


def edit_part(data, chance):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(n for n in parts if n.endswith((".xml", ".rels", "mimetype"))))
    act = chance.random()
    if act < 0.1:
        del parts[name]
    elif act < 0.3:
        parts[name] = flip(parts[name], chance)
    else:
        parts[name] = edit_text(parts[name].decode(), chance).encode("utf-8", "surrogatepass")
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return out.getvalue()


def damaged(number):
    chance = random.Random(number)
    kind, data = chance.choice(originals())
    act = chance.random()
    if kind != "csv" and act < 0.6:
        data = edit_part(data, chance)
    elif kind == "csv" and act < 0.5:
        codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        data = edit_text(data.decode(codec), chance).encode(codec, "surrogatepass")
    elif act < 0.85:
        data = flip(data, chance)
    else:
        data = cut(data, chance)
    return f"danh sách {number}.{kind}", data, chance.choice(imports.NAMES[:5]), chance.random() < 0.3


def facts():
    return (
        Declaration.objects.count(),
        ChangeSet.objects.count(),
        Change.objects.count(),
        AgencyAlias.objects.count(),
    )


@pytest.mark.parametrize("first", range(0, MUTATIONS, CHUNK))
def test_a_damaged_file_gets_an_answer_at_every_step_and_writes_nothing(
    client, coordinator, parsed_once, first
):
    before = facts()
    for number in range(first, min(first + CHUNK, MUTATIONS)):
        name, data, kind, convert = damaged(number)
        began = time.monotonic()
        given = {"kind": kind, "on": "31/12/2021", "file": SimpleUploadedFile(name, data)}
        answer = client.post(reverse("imports"), given)
        assert answer.status_code in (302, 422), (number, answer.status_code)
        if answer.status_code == 302:
            pk = Upload.objects.latest("id").pk
            if convert:
                client.post(reverse("import_recognise", args=[pk]), {"act": "convert"})
            for step in GETS:
                answer = client.get(reverse(f"import_{step}", args=[pk]))
                assert answer.status_code in (200, 302), (number, step, answer.status_code)
            client.post(
                reverse("import_recognise", args=[pk]), {"act": "correct", "sheet": "", "header": "3"}
            )
        assert time.monotonic() - began < SLOWEST, number
        assert facts() == before, number


# Nonsense in the parameters

VALUES = (
    "", " ", "-", "0", "-1", "1e9", "9" * 40, "٣", "½", "x", "\x00", "a\x00b", "\x1b[2J", "\u202eabc", "\ufeff", "💥" * 20, "ă" * 3_000, "../../etc", "<b>",
    "'; --", "%s%(n)s{x}", "None", "null", "[]", "31/02/2021", "A1", "B3:C9", "ZZZ1", "line 4", "header", "file", "data", "declared_on",
)  # fmt: skip
NAMES = {
    "recognise": ("act", "sheet", "header", "first", "last", "only", "column-1", "column-3", "column-x", "row-5", "row-\x00", "on", "since", "plan", "kind", "convert_legacy", "several"),
    "match": ("act", "key-0", "answer-0", "other-0", "forget", "key-1", "answer-1"),
    "check": ("act", "ticked", "sheet-0", "cell-0", "code-0", "was-0", "value-0", "all-0", "out-0", "sheet-1", "cell-1", "value-1"),
    "confirm": ("shown", "seen", "told", "reason"),
    "undo": ("reason",),
}  # fmt: skip
ACTS = ("forget", "convert", "only", "read", "correct", "kind", "fix", "tick")


@pytest.fixture
def upload(client, coordinator):
    """A list with a question, an error and a warning."""
    rows = [
        (1, "Xã Lạc Đạo", 2015, "1/QĐ", "31/02/2021", 1),
        (2, "Xã Lạc Đại", 2015, "2/QĐ", "01/02/2021", 1),
    ]
    data = workbook(
        ("DANH SÁCH",), ("STT", "Tên cơ quan", "Tiêu chuẩn", "Số quyết định", "Ngày công bố", "Máy"), *rows
    )
    client.post(
        reverse("imports"),
        {"kind": "declarations", "on": "31/12/2021", "file": SimpleUploadedFile("a.xlsx", data)},
    )
    return Upload.objects.get()


def test_a_heading_with_a_character_that_no_database_holds_is_named(client, coordinator):
    data = "Mã cơ quan,Số TTH\x00,Ngày công bố\nX,12,1/1/2020\n".encode()
    given = {"kind": "declarations", "on": "31/12/2021", "file": SimpleUploadedFile("ds.csv", data)}
    client.force_login(coordinator)
    assert client.post(reverse("imports"), given).status_code in (302, 422)
    told = json.dumps(Upload.objects.get().problems)
    assert "\\ufffd" in told and "\\u0000" not in told


def nonsense(chance, names, real):
    """A form as no page of ours would send it; some of it is right, so that it gets far."""
    given = {}
    for name in chance.sample(names, chance.randint(1, len(names))):
        if name == "act" and chance.random() < 0.8:
            given[name] = chance.choice(ACTS)
        elif name in real and chance.random() < 0.6:
            given[name] = real[name]
        else:
            given[name] = chance.choice(VALUES)
    return given


@pytest.mark.parametrize("step", NAMES)
def test_nonsense_in_a_form_gets_an_answer_and_writes_nothing(client, upload, parsed_once, step):
    chance = random.Random(step)
    checked_key = {
        "key-0": "lacdai||",
        "sheet-0": "Danh sách",
        "cell-0": "E3",
        "was-0": "31/02/2021",
        "sheet": "Danh sách",
    }
    before = facts()
    for turn in range(NONSENSE):
        given = nonsense(chance, NAMES[step], checked_key)
        answer = client.post(reverse(f"import_{step}", args=[upload.pk]), given)
        assert answer.status_code in (200, 302, 403, 404, 409, 422), (turn, given, answer.status_code)
        for after in ("recognise", "check"):
            answer = client.get(reverse(f"import_{after}", args=[upload.pk]))
            assert answer.status_code == 200, (turn, given, after)
    assert facts() == before


ADDRESSES = {
    "recognise": ("sheet",),
    "match": ("page",),
    "check": ("show", "code", "page"),
    "done": ("page",),
    "annotated": ("page",),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_nonsense_in_an_address_gets_an_answer(client, upload, parsed_once, name):
    for value in VALUES:
        for key in ADDRESSES[name]:
            answer = client.get(
                reverse(f"import_{name}", args=[upload.pk]), {"show": "errors"} | {key: value}
            )
            assert answer.status_code in (200, 302), (key, value)
    for pk in (0, upload.pk + 1, 2**31, 2**63, 10**40):
        assert client.get(reverse(f"import_{name}", args=[pk])).status_code == 404


def test_nonsense_at_the_door_gets_an_answer(client, coordinator, parsed_once):
    data = workbook(("STT", "Tên cơ quan", "Số QĐ công bố"), (1, "Xã Lạc Đạo", "1/QĐ"))
    for value in VALUES:
        for key in ("kind", "on", "pasted"):
            given = {"kind": "declarations", "on": "31/12/2021"} | {key: value}
            if key != "pasted":
                given["file"] = SimpleUploadedFile(value[:200] or "x", data)
            assert client.post(reverse("imports"), given).status_code in (302, 400, 422), (key, value)
        for page in ("imports",):
            assert client.get(reverse(page), {"page": value}).status_code == 200
    raw = client.post(
        reverse("imports"), b"kind=%FF%00&on=%C0%80", content_type="application/x-www-form-urlencoded"
    )
    assert raw.status_code == 422
    broken = client.post(
        reverse("imports"), b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x"
    )
    assert broken.status_code in (400, 422)
    for kind in ("nothing", "a" * 300):
        assert client.get(f"/nhap-bang-tinh/mau/{kind}.xlsx").status_code == 404
