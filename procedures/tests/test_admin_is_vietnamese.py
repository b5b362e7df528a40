"""Django's own words in the administration are Vietnamese, also those that its catalogue lacks."""

import re
from html import unescape
from pathlib import Path

import django
import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from agencies.models import Role
from agencies.testing import make_user

pytestmark = pytest.mark.django_db

CATALOGUES = [
    Path(django.__file__).parent / "contrib" / app / "locale/en/LC_MESSAGES/django.po"
    for app in ("admin", "auth")
]


def left_in_english():
    """What Django says in several words that read the same in Vietnamese."""
    said = [text for path in CATALOGUES for text in re.findall(r'^msgid "(.+)"$', path.read_text(), re.M)]
    with translation.override("vi"):
        return {
            text
            for text in said
            if gettext(text) == text and re.search(r"[a-z] [a-z]|^[A-Z][a-z]+ ?[a-z]+$", text)
        }


def test_no_page_speaks_english(client, place):
    client.force_login(make_user(Role.ADMINISTRATOR, place.province.committee))
    users = "admin:agencies_user"
    pages = [
        client.get(reverse("admin:index")),
        client.get(reverse(f"{users}_changelist")),
        client.get(reverse(f"{users}_add")),
        client.post(reverse(f"{users}_add"), {"username": "moi", "password1": "ngan", "password2": "ngan"}),
        client.get(reverse(f"{users}_change", args=[place.editor.pk])),
        client.get(reverse("admin:auth_user_password_change", args=[place.editor.pk])),
        client.get(reverse("admin:agencies_agency_changelist")),
        client.post(reverse("admin:agencies_agency_add"), {"name": ""}),
        client.get(reverse("admin:agencies_agency_change", args=[place.agency.pk])),
    ]
    assert {page.status_code for page in pages} <= {200, 422}
    english = left_in_english()
    found = {
        text
        for page in pages
        for text in english
        if f">{text}<" in spaced(page) or f'"{text}"' in spaced(page)
    }
    assert found == set()


def spaced(page):
    return re.sub(r"\s*([<>])\s*", r"\1", unescape(page.content.decode()))


def test_the_buttons_say_what_is_added(client, place):
    client.force_login(make_user(Role.ADMINISTRATOR, place.province.committee))
    page = spaced(client.get(reverse("admin:agencies_agency_changelist")))
    assert "Thêm cơ quan" in page and "Thêm vào" not in page and "Theo cấp" in page
