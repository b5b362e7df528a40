"""Put typed values back into a form of a finished page: text in, text out, no form class needed.

What a person sent and could not be saved comes back in the same form, whichever of the
program's pages it stands on. Passwords, files and tokens are never put back.
"""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

NEVER = frozenset({"csrfmiddlewaretoken"})
UNTOUCHED = frozenset({"password", "file", "submit", "button", "reset", "image"})


@dataclass
class _Control:
    tag: str
    attributes: dict
    start: int
    end: int
    inside: tuple = ()  # of a textarea: where its text stands; of a select: its options

    @property
    def name(self):
        return self.attributes.get("name") or ""

    @property
    def type(self):
        return (self.attributes.get("type") or "text").lower() if self.tag == "input" else self.tag


@dataclass
class _Form:
    attributes: dict
    start: int
    end: int
    controls: list = field(default_factory=list)
    buttons: set = field(default_factory=set)


class _Forms(HTMLParser):
    """The post forms of a page with the places of their controls."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.lines = [0]
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.forms, self.form, self.open = [], None, None
        self.feed(html)
        self.close()

    def _place(self):
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag, attrs):
        start = self._place()
        end = start + len(self.get_starttag_text())
        if tag == "form":
            self.form = _Form(dict(attrs), start, end)
            if (self.form.attributes.get("method") or "").lower() == "post":
                self.forms.append(self.form)
        elif self.form is None:
            return
        elif tag == "button":
            self.form.buttons.add(dict(attrs).get("name"))
        elif tag in ("input", "select", "textarea"):
            control = _Control(tag, dict(attrs), start, end)
            self.form.controls.append(control)
            if tag != "input":
                control.inside, self.open = [] if tag == "select" else (end, end), control
        elif tag == "option" and self.open is not None and self.open.tag == "select":
            self.open.inside.append(_Control(tag, dict(attrs), start, end))

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif self.open is not None and tag == self.open.tag:
            if tag == "textarea":
                self.open.inside = (self.open.end, self._place())
            self.open = None


def _tag(control, **changes):
    """A start tag anew: a change of None takes the attribute away, True leaves it without a value."""
    attributes = control.attributes | changes
    text = "".join(
        f" {name}"
        if value is True or (value is None and name not in changes)
        else f' {name}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None or name not in changes
    )
    return f"<{control.tag}{text}>"


def refill(html, pairs, *, page, action):
    """Put values into the form of a page that posts to `action`. Returns (html, values without a place).

    `pairs`: [(name, value)] as they were sent; `page`: the address of the page. Without such a
    form the page comes back as it was, and every value is without a place.
    """
    pairs = [(name, value) for name, value in pairs if name not in NEVER]
    form = _form_of(_Forms(html).forms, {name for name, _value in pairs}, page, action)
    if form is None:
        return html, [pair for pair in pairs if pair[1].strip()]
    left = {}
    for name, value in pairs:
        left.setdefault(name, []).append(value)
    edits = [
        (
            form.start,
            form.end,
            _tag(_Control("form", form.attributes, 0, 0), **{"data-dirty": "", "data-refilled": ""}),
        )
    ]
    for control in form.controls:
        if control.name and control.name not in NEVER and control.type not in UNTOUCHED:
            edits += _filled(control, left)
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    missing = [
        (name, value)
        for name, values in left.items()
        for value in values
        if value.strip() and name not in form.buttons
    ]
    return html, missing


def _form_of(forms, names, page, action):
    """The form that posts to an address; of several, the one that shares most names."""

    def target(form):
        return urlsplit(urljoin(page, form.attributes.get("action") or page)).path

    def shared(form):
        return len(names & {c.name for c in form.controls})

    fitting = [f for f in forms if target(f) == urlsplit(action).path]
    return max(fitting, key=shared, default=None)


def _filled(control, left):
    """The edits that give one control its value; what was placed leaves `left`."""
    values = left.get(control.name, [])
    if control.type in ("checkbox", "radio"):
        own = control.attributes.get("value") or "on"
        is_on = own in values
        if is_on:
            values.remove(own)
        return [(control.start, control.end, _tag(control, checked=True if is_on else None))]
    if control.tag == "select":
        return _chosen(control, values)
    if not values:
        return []
    value = values.pop(0)
    if control.tag == "textarea":
        start, end = control.inside
        # The first line break after the tag is not part of the text.
        return [(start, end, "\n" + escape(value))]
    return [(control.start, control.end, _tag(control, value=value))]


def _chosen(control, values):
    if not values:
        return []
    edits = []
    for option in control.inside:
        own = option.attributes.get("value") or ""
        is_on = own in values
        if is_on:
            values.remove(own)
        edits.append((option.start, option.end, _tag(option, selected=True if is_on else None)))
    if values and "admin-autocomplete" in (control.attributes.get("class") or ""):
        # Its choices come with a search: only the number is known here.
        options = "".join(f'<option value="{escape(v)}" selected>#{escape(v)}</option>' for v in values)
        edits.append((control.end, control.end, options))
        values.clear()
    return edits
