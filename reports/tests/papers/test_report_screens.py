"""Choosing, looking at, publishing and verifying a report; the office's templates; who may."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from agencies.models import User
from procedures.models import Declaration, Plan
from reports.models import OfficeTemplate, PublishedReport, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def as_(client, username):
    client.force_login(User.objects.get(username=username))
    return client


def query(**changed):
    plan = Plan.objects.get()
    return {
        "kind": "progress", "plan": plan.code, "agency": plan.agency_id, "on": "31/12/2020", "made_on": "05/02/2021",
        "addressees": "Bộ Khoa học và Công nghệ", "recipients": "Như trên", "signer_title": "Giám đốc",
    } | changed  # fmt: skip


def publish(client, **changed):
    address = reverse("publish_report") + "?" + "&".join(f"{k}={v}" for k, v in query(**changed).items())
    return client.post(address)


def test_the_page_offers_everything_that_a_report_needs(client, django_assert_max_num_queries):
    as_(client, "lanhdao").get(reverse("reports"))
    with django_assert_max_num_queries(12):
        page = client.get(reverse("reports"))
    assert page.status_code == 200
    assert "Chưa phát hành báo cáo nào" in page.text
    assert reverse("report_templates") not in page.text, "a viewer keeps no templates"


def test_the_draft_says_that_it_is_one(client, django_assert_max_num_queries):
    as_(client, "lanhdao").get(reverse("reports"))
    with django_assert_max_num_queries(25):
        page = client.get(reverse("report_preview"), query())
    assert "169/206" in page.text
    assert "Bản nháp; số liệu đến 31/12/2020, chưa chốt" in page.text
    assert reverse("publish_report") not in page.text, "only a coordinator publishes"


@pytest.mark.parametrize("changed", [{"on": "31/02/2020"}, {"kind": "x"}, {"agency": "999999"}, {"agency": "a\x00"}, {"plan": "x"}, {"made_on": ""}, {"signer_title": "\x07"}])  # fmt: skip
@pytest.mark.parametrize("name", ["report_preview", "report_docx", "report_xlsx"])
def test_nonsense_comes_back_as_a_form_with_its_errors(client, name, changed):
    page = as_(client, "dieuphoi").get(reverse(name), query(**changed))
    assert page.status_code == 422
    assert 'class="errors"' in page.text


def test_files_are_word_and_workbook(client):
    as_(client, "lanhdao")
    answer = client.get(reverse("report_docx"), query())
    assert answer["Content-Disposition"].startswith("attachment;")
    assert Document(io.BytesIO(answer.content)).paragraphs
    assert client.get(reverse("report_xlsx"), query()).content[:2] == b"PK"


def test_a_coordinator_publishes_and_anybody_in_reach_verifies(client):
    answer = publish(as_(client, "dieuphoi"))
    report = PublishedReport.objects.get()
    assert answer.url == reverse("published_report", args=[report.code])
    assert report.shown_code in [str(m) for m in client.get(answer.url).context["messages"]][-1]
    assert publish(client).url == answer.url, "a second click publishes nothing else"
    as_(client, "lanhdao")
    found = client.get(reverse("verify_report"), {"code": f" {report.shown_code.lower()} "})
    assert found.url == answer.url
    page = client.get(found.url)
    assert report.shown_code in page.text
    assert "vẫn cho đúng mọi số liệu này" in page.text


def test_the_page_of_a_published_report_says_what_changed_since(client):
    publish(as_(client, "dieuphoi"))
    report = PublishedReport.objects.get()
    declaration = Declaration.objects.filter(declared_on__year=2020, agency__kind="commune_committee").first()
    declaration.withdraw(by=None, seen=declaration.version, reason="ghi nhầm")
    page = client.get(report.get_absolute_url())
    assert "Sổ theo dõi nay đã khác" in page.text
    assert '<td class="n">169</td><td class="n">168</td>' in page.text


def test_viewers_and_editors_do_not_publish(client):
    for username in ("lanhdao", "vanlam", "lacdao", "quantri"):
        assert publish(as_(client, username)).status_code in (403, 422)
    assert not PublishedReport.objects.exists()


def test_outside_the_scope_a_report_does_not_exist(client):
    publish(as_(client, "dieuphoi"))
    report = PublishedReport.objects.get()
    as_(client, "vanlam")
    other = codes.new_code()
    unknown = client.get(reverse("published_report", args=[other]))
    hidden = client.get(reverse("published_report", args=[report.code]))
    assert (hidden.status_code, hidden.content) == (404, unknown.content)
    assert client.get(reverse("published_docx", args=[report.code])).status_code == 404
    answers = [client.get(reverse("verify_report"), {"code": code}) for code in (report.code, other)]
    assert [a.status_code for a in answers] == [422, 422]
    assert client.get(reverse("report_preview"), query()).status_code == 422, "nor can its scope be chosen"


def test_a_wrong_code_is_told_from_an_unknown_one(client):
    as_(client, "lanhdao")
    assert "autofocus" not in client.get(reverse("verify_report")).text.split('name="code"')[1]
    wrong = client.get(reverse("verify_report"), {"code": "12"}).text
    assert "tám ký tự" in wrong and "autofocus" in wrong.split('name="code"')[1], "it begins at what is wrong"
    assert "Không có báo cáo nào" in client.get(reverse("verify_report"), {"code": codes.new_code()}).text


# Templates


def paper(*lines):
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def upload(client, *lines, name="Mẫu của Sở", data=None):
    file = SimpleUploadedFile("mau.docx", data or paper(*lines))
    return client.post(reverse("report_templates"), {"name": name, "file": file})


def test_an_own_template_is_tried_kept_used_and_left(client):
    as_(client, "dieuphoi")
    data = paper("Mẫu riêng: {{ da_cong_bo }}")
    assert upload(client, data=data).status_code == 302
    assert upload(client, data=data).status_code == 302
    template = OfficeTemplate.objects.get()
    tried = client.get(reverse("try_template", args=[template.pk]))
    assert Document(io.BytesIO(tried.content)).paragraphs[0].text == "Mẫu riêng: 206"
    client.post(reverse("use_template", args=[template.pk]))
    client.post(reverse("use_template", args=[template.pk]))
    own = client.get(reverse("report_docx"), query())
    assert Document(io.BytesIO(own.content)).paragraphs[0].text == "Mẫu riêng: 169"
    client.post(reverse("use_built_in_template"))
    assert not OfficeTemplate.objects.filter(is_in_use=True).exists()
    assert len(Document(io.BytesIO(client.get(reverse("report_docx"), query()).content)).sections) == 4


def test_a_template_on_record_keeps_its_name_and_that_is_said(client):
    as_(client, "dieuphoi")
    data = paper("{{ da_cong_bo }}")
    upload(client, data=data)
    upload(client, data=data, name="Mẫu mới")
    assert "Tệp này đã có trong hệ thống: Mẫu của Sở." in client.get(reverse("report_templates")).text
    assert OfficeTemplate.objects.count() == 1


def test_unknown_placeholders_are_named_and_nothing_is_kept(client):
    page = upload(as_(client, "dieuphoi"), "{{ so_don_vi_la }} {{ tong_don_vi }}")
    assert page.status_code == 422
    assert "so_don_vi_la" in page.text
    assert upload(client, data=b"MZ" + b"x" * 500).status_code == 422
    assert not OfficeTemplate.objects.exists()


def test_a_template_that_fails_later_does_not_block_the_built_in_one(client):
    as_(client, "dieuphoi")
    upload(client, "{{ phu_luc_3.ten }}")
    client.post(reverse("use_template", args=[OfficeTemplate.objects.get().pk]))
    # A report without a plan has one annex less.
    page = client.get(reverse("report_docx"), query(plan=""))
    assert page.status_code == 422
    assert "phu_luc_3" in page.text
    assert client.get(reverse("report_docx"), query(plan="", template="built-in")).content[:2] == b"PK"


def test_only_keepers_of_the_register_keep_templates(client):
    for username in ("lanhdao", "vanlam", "lacdao"):
        as_(client, username)
        for name in ("report_templates", "built_in_template", "placeholder_list"):
            assert client.get(reverse(name)).status_code == 403
        assert client.post(reverse("use_built_in_template")).status_code == 403
        assert upload(client, "x").status_code == 403


def test_the_list_of_placeholders_names_all(client):
    answer = as_(client, "quantri").get(reverse("placeholder_list"))
    import openpyxl

    names = [
        row[0]
        for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    ]
    assert {"{{ da_cong_bo }}", "{{ theo_2015 }}", "{{ phu_luc_4 }}", "{{ bieu_do }}"} <= set(names)
