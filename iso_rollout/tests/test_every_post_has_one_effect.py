"""Every POST of the program sent twice: one effect. And no POST without a case."""

import re

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern

from agencies.testing import make_user
from iso_rollout.tests.sent_twice.cases import CASES, WITHOUT_EFFECT, make_world
from iso_rollout.tests.sent_twice.pages import encoded, form_values, register_state, with_values

pytestmark = pytest.mark.django_db
IDS = [" ".join(filter(None, key)) for key in CASES]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def addresses(patterns=None, prefix="", namespace=""):
    """(name, pattern) of every address of the program."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLPattern):
            yield namespace + (pattern.name or "-"), prefix + str(pattern.pattern)
        else:
            inner = namespace + (f"{pattern.namespace}:" if pattern.namespace else "")
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern), inner)


def an_address(pattern):
    """Some address of the pattern; whether it leads to a record does not matter here."""
    pattern = re.sub(r"<int:\w+>", "999999999", pattern)
    pattern = re.sub(r"<(\w+:)?\w+>", "x", pattern)
    return "/" + re.sub(r"\(\?P<\w+>([a-z]+)[^)]*\)", r"\1", pattern).strip("^$").replace(
        "(?P<url>.*)", "nothing"
    )


def accepts_post(client, person, name, pattern):
    status = client.post(an_address(pattern)).status_code
    if "logout" in name or "password" in name:
        client.force_login(person)
    return status != 405


def test_every_address_that_accepts_post_has_a_case(client):
    person = make_user(is_superuser=True, is_staff=True)
    client.raise_request_exception = False
    known = {name for name, _variant in CASES} | WITHOUT_EFFECT
    client.force_login(person)
    found = {name for name, pattern in addresses() if accepts_post(client, person, name, pattern)}
    history = {name for name in found if name.startswith("admin:") and name.endswith("_history")}
    assert found - history - known == set(), "say in sent_twice/cases.py what sending it twice does"


def test_what_has_no_effect_has_none(client):
    make_world()
    person = make_user(is_superuser=True, is_staff=True)
    before = register_state()
    for name, pattern in addresses():
        client.force_login(person)
        if name in WITHOUT_EFFECT or name.endswith("_history"):
            client.post(an_address(pattern).replace("999999999", "1").replace("/x/", "/1/"), {"post": "yes"})
    assert register_state() == before


@pytest.mark.parametrize("key", CASES, ids=IDS)
def test_sent_twice_in_a_row_it_has_one_effect(client, key):
    world = make_world()
    sent = CASES[key](world)
    if sent.person is not None:
        client.force_login(sent.person)
    action = sent.action or sent.page
    pairs = []
    if not sent.without_form:
        page = client.get(sent.page)
        assert page.status_code == 200, page
        pairs = form_values(page.content.decode(), page=sent.page, action=action)
    body, content_type = encoded(with_values(pairs, sent.values), sent.files)
    before = register_state()
    first = client.generic("POST", action, body, content_type)
    assert first.status_code in (302, 200), first
    once = register_state()
    assert (once != before) == sent.changes, f"the form was not accepted: {first.status_code}"
    if sent.person is not None:
        client.force_login(sent.person)
    second = client.generic("POST", action, body, content_type)
    assert second.status_code < 500
    assert register_state() == once
