"""Typed values put back into a form of a finished page."""

import re
from html import unescape
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iso_rollout.refill import refill

PAGE = """<!doctype html><main>
<form method="get" action="/a/"><input name="q" value="x"></form>
<form method="post" action="/b/"><input type="hidden" name="seen" value="9"></form>
<form method="post" action="">
<input type="hidden" name="csrfmiddlewaretoken" value="new"><input type=hidden name=seen value=2>
<input name="name" value="old" required><input type="password" name="secret" value="">
<textarea name="note" rows="2">
old &amp; text</textarea>
<select name="one"><option value="">-</option><option value="a" selected>A</option><option value="b">B</option></select>
<select name="many" multiple><option value="1">1</option><option value="2">2</option><option value="3" selected>3</option></select>
<input type="checkbox" name="tick" checked><input type="checkbox" name="pick" value="x"><input type="checkbox" name="pick" value="y" checked>
<input type="radio" name="way" value="f" checked><input type="radio" name="way" value="p">
<button name="after" value="accepted">Xác nhận</button></form></main>"""


def fill(pairs, html=PAGE, action="/here/"):
    return refill(html, pairs, page="/here/", action=action)


def test_every_kind_of_control():
    html, missing = fill(
        [
            ("csrfmiddlewaretoken", "stolen"), ("seen", "1"), ("name", 'Lê "Bình" <x>'), ("secret", "no"), ("note", "a\nb </textarea>"),
            ("one", "b"), ("many", "1"), ("many", "2"), ("pick", "x"), ("way", "p"), ("after", "accepted"), ("gone", "chữ"), ("empty", ""),
        ]
    )  # fmt: skip
    form = html[html.index('<form method="post" action=""') :]
    assert "data-dirty" in form and "stolen" not in html
    assert '<input type="hidden" name="seen" value="1">' in form
    assert 'value="Lê &quot;Bình&quot; &lt;x&gt;" required' in form
    assert "\na\nb &lt;/textarea&gt;</textarea>" in form
    assert '<option value="b" selected>' in form and '<option value="a">' in form
    assert re.findall(r'<option value="(\d)" selected>', form) == ["1", "2"]
    assert 'name="tick">' in form
    assert 'value="x" checked' in form and 'value="y">' in form
    assert 'value="f">' in form and 'value="p" checked' in form
    assert missing == [("secret", "no"), ("gone", "chữ")]
    # The other forms are as they were.
    assert (
        html[: html.index('<form method="post" action=""')]
        == PAGE[: PAGE.index('<form method="post" action=""')]
    )


def test_without_such_a_form_the_page_stays_and_the_values_are_told():
    html, missing = fill([("name", "x"), ("note", " ")], action="/elsewhere/")
    assert (html, missing) == (PAGE, [("name", "x")])


def test_of_several_forms_that_share_an_address_the_one_with_most_names():
    html = '<form method="post"><input name="a"></form><form method="post"><input name="a"><input name="b"></form>'
    filled, missing = fill([("a", "1"), ("b", "2")], html)
    assert missing == []
    assert filled.index('value="1"') > filled.index("</form>")


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=80))
def test_any_text_comes_back_as_it_was(text):
    html, _missing = fill([("name", text), ("note", text)])
    name = re.search(r'name="name" value="([^"]*)"', html).group(1)
    assert unescape(name) == text
    note = re.search(r'<textarea name="note" rows="2">\n(.*?)</textarea>', html, re.DOTALL).group(1)
    assert unescape(note) == text


@pytest.mark.parametrize(
    "html", ["", "<form", "<form method=post><textarea name=a>", "<select><option>", "</form></select>"]
)
def test_broken_pages_do_no_harm(html):
    assert isinstance(refill(html, parse_qsl("a=1"), page="/", action="/"), tuple)
