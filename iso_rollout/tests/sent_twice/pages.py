"""A form of a page as a browser would send it, and what the whole register holds."""

from urllib.parse import urlencode, urljoin, urlsplit

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from iso_rollout.refill import _Forms

# Not the register's facts: what waits to be given back, and when somebody signed in.
LEFT_OUT = {"KeptForm", "SentOnce", "BulkEdit"}
COLUMNS_LEFT_OUT = {"last_login"}


def form_values(html, *, page, action):
    """[(name, value)] of the form that posts to `action`, untouched. Raises when the page has none."""
    forms = [
        form
        for form in _Forms(html).forms
        if urlsplit(urljoin(page, form.attributes.get("action") or page)).path == urlsplit(action).path
    ]
    assert forms, f"{page} has no form that posts to {action}"
    pairs = []
    for control in max(forms, key=lambda form: len(form.controls)).controls:
        if not control.name or "disabled" in control.attributes:
            continue
        if control.type in ("checkbox", "radio"):
            if "checked" in control.attributes:
                pairs.append((control.name, control.attributes.get("value") or "on"))
        elif control.tag == "select":
            chosen = [o for o in control.inside if "selected" in o.attributes]
            if not chosen and "multiple" not in control.attributes:
                chosen = control.inside[:1]
            pairs += [(control.name, o.attributes.get("value") or "") for o in chosen]
        elif control.tag == "textarea":
            start, end = control.inside
            pairs.append((control.name, html[start:end].removeprefix("\n")))
        elif control.type not in ("submit", "button", "file", "image", "reset"):
            pairs.append((control.name, control.attributes.get("value") or ""))
    return pairs


def with_values(pairs, values):
    """The pairs of a form with some values typed over; a list sends a name several times."""
    pairs = [(name, value) for name, value in pairs if name not in values]
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                pairs.append((name, str(one)))
    return pairs


def encoded(pairs, files):
    """The body of a form and its kind: plain, or in parts when files come along. `files`: {name: (file name, bytes)}."""
    if not files:
        return urlencode(pairs), "application/x-www-form-urlencoded"
    data = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    for name, (file_name, content) in files.items():
        data[name] = SimpleUploadedFile(file_name, content)
    return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT


def register_state():
    """{model: its rows} of every table of the register."""
    state = {}
    for app in ("agencies", "procedures", "reports"):
        for model in apps.get_app_config(app).get_models():
            if model.__name__ in LEFT_OUT:
                continue
            names = [f.attname for f in model._meta.concrete_fields if f.attname not in COLUMNS_LEFT_OUT]
            state[model.__name__] = sorted(map(repr, model._base_manager.values_list(*names)))
    return state


def counts(state):
    return {name: len(rows) for name, rows in state.items()}
