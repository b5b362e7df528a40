"""Every problem that a list's kind finds is said in Vietnamese."""

import ast
import re
from pathlib import Path

from django.utils import translation

from agencies.imports.messages import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("agencies/imports", "procedures/imports")


def messages_in_code():
    """The second argument of calls such as error("E_DUP", "…") and warn("W_DATE", "…")."""
    found = set()
    for path in [p for folder in FOLDERS for p in (ROOT / folder).glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and re.match(r"[EW]_[A-Z]", str(code.value)):
                found |= {
                    c.value
                    for c in ast.walk(node.args[1])
                    if isinstance(c, ast.Constant) and isinstance(c.value, str) and " " in c.value
                }
    return found


def test_every_problem_is_translated():
    found = messages_in_code()
    assert len(found) > 20
    with translation.override("vi"):
        assert [m for m in found | set(MESSAGES) if translation.gettext(m) == m] == []
