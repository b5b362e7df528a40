"""Every message a person may see has its Vietnamese, with the same params."""

import ast
import re
from pathlib import Path

from django.utils import translation

from iso_rollout.sheets.messages import MESSAGES

HERE = Path(__file__).resolve().parents[1]
CALLS = {
    "Unreadable": 0,
    "Refused": 1,
    "Problem": 1,
    "Unfit": 1,
    "_problem": 1,
    "refuse_type": 0,
    "Reason": 0,
}


def messages_in_code():
    found = set()
    for path in [*HERE.glob("*.py"), *(HERE.parent / "text").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = CALLS.get(name)
                if place is not None and len(node.args) > place:
                    found |= {
                        c.value
                        for c in ast.walk(node.args[place])
                        if isinstance(c, ast.Constant) and isinstance(c.value, str)
                    }
            if (
                isinstance(node, ast.Tuple)
                and len(node.elts) == 2
                and all(isinstance(e, ast.Constant) for e in node.elts)
            ):
                first, second = (element.value for element in node.elts)
                if str(first).startswith("E_FORMULA") or isinstance(first, bytes):
                    found.add(second)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SAVE_AS":
                found.add(node.value.value)
    return {
        message for message in found if isinstance(message, str) and " " in message or message in ("empty",)
    } - {"WordDocument"}


def translations():
    with translation.override("vi"):
        return {message: translation.gettext(message) for message in MESSAGES}


def test_every_message_is_translated_and_none_is_left_over():
    assert messages_in_code() == set(MESSAGES)
    assert [english for english, vietnamese in translations().items() if english == vietnamese] == []


def test_translations_keep_their_params():
    def params(text):
        return sorted(re.findall(r"%\((\w+)\)s", text))

    assert [
        english for english, vietnamese in translations().items() if params(english) != params(vietnamese)
    ] == []
