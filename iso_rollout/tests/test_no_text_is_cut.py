"""Text longer than its field: no browser cuts it, the server refuses it and says so beside the field. Every form."""

from pathlib import Path

import pytest
from django.conf import settings

from iso_rollout.refill import _Forms
from iso_rollout.tests.sent_twice.cases import CASES, make_world
from iso_rollout.tests.sent_twice.pages import encoded, form_values, register_state, with_values

pytestmark = pytest.mark.django_db
IDS = [" ".join(filter(None, key)) for key in CASES]
LONG = "x" * 30_001
TYPED = {"text", "search", "email", "tel"}
# Lists are pasted whole, the note of a plan has no limit, a ticked answer goes before a typed name, and the account
# beside new passwords is only for the browser's memory.
UNLIMITED = {
    ("one_decision", "pasted"), ("paste_procedures", "pasted"), ("imports", "pasted"), ("import_match", "other-0"),
    ("admin:procedures_plan_add", "note"), ("admin:procedures_plan_change", "note"),
    ("admin:auth_user_password_change", "username"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_no_template_of_ours_lets_a_browser_cut():
    """Forms that only ask, and fields written by hand; those that Django writes lose it in `attrs.html`."""
    templates = Path(settings.BASE_DIR, "templates")
    asking = [path for path in templates.rglob("*.html") if "maxlength=" in path.read_text()]
    assert asking == []


def text_fields(html):
    """The names of what a person types freely; days are read as days."""
    return {
        control.name
        for form in _Forms(html).forms
        for control in form.controls
        if control.name
        and (control.tag == "textarea" or (control.tag == "input" and control.type in TYPED))
        and control.attributes.get("inputmode") != "numeric"
        and "vDateField" not in control.attributes.get("class", "")
        and "__prefix__" not in control.name
    }


@pytest.mark.parametrize("key", CASES, ids=IDS)
def test_what_is_too_long_is_refused_beside_its_field(client, key):
    sent = CASES[key](make_world())
    if sent.person is not None:
        client.force_login(sent.person)
    action, pairs = sent.action or sent.page, []
    if sent.without_form:
        names = {"reason", "note"} & sent.values.keys()
    else:
        html = client.get(sent.page).content.decode()
        assert "maxlength" not in html
        pairs = form_values(html, page=sent.page, action=action)
        names = text_fields(html) & {name for name, _value in pairs}
    names -= {name for address, name in UNLIMITED if address == key[0]}
    if not names:
        return
    before = register_state()
    body, kind = encoded(with_values(pairs, sent.values | dict.fromkeys(names, LONG)), sent.files)
    answer = client.generic("POST", action, body, kind)
    assert answer.status_code in (200, 422)
    assert register_state() == before
    html = answer.content.decode()
    assert [name for name in sorted(names) if f'{name}_error"' not in html] == []
    assert "maxlength" not in html
