"""What is kept as a document and what is refused, by content; each refusal with what to do about it."""

import csv
import resource
import subprocess
import sys

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iso_rollout import child, papers
from iso_rollout.papers import looking
from iso_rollout.papers.messages import MESSAGES
from iso_rollout.papers.tests import samples
from iso_rollout.tests.test_text import SHARED

MANIFEST = SHARED / "nasty" / "pdf" / "manifest.tsv"
manifest = list(csv.DictReader(MANIFEST.open(encoding="utf-8"), delimiter="\t")) if MANIFEST.exists() else []


@pytest.mark.parametrize("name", samples.GOOD)
def test_a_good_file_is_kept(name):
    kind = papers.check(samples.GOOD[name](), name)
    assert papers.name_with_ending(name, kind).lower().endswith(kind.endings)


@pytest.mark.parametrize("name", samples.BAD)
def test_a_bad_file_is_refused(name):
    make, code = samples.BAD[name]
    with pytest.raises(papers.Refused) as refused:
        papers.check(make(), name)
    assert refused.value.code == code


@pytest.mark.parametrize("expected", manifest, ids=lambda e: e["file"])
def test_shared_file(expected):
    data = (MANIFEST.parent / expected["file"]).read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if expected["outcome"] == "accept":
        assert papers.check(data, expected["file"]).name == "pdf"
    else:
        with pytest.raises(papers.Refused) as refused:
            papers.check(data, expected["file"])
        if expected["code_or_note"].startswith("E_"):
            assert refused.value.code == expected["code_or_note"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 2**10


def test_a_file_larger_than_20_mb_is_refused_before_it_is_opened(monkeypatch):
    monkeypatch.setattr(child, "_START", "1/0")
    with pytest.raises(papers.Refused) as refused:
        papers.check(b"%PDF-" + b"\0" * papers.MAX_BYTES, "a.pdf")
    assert refused.value.code == "E_FILE_SIZE"


def test_a_child_that_dies_or_hangs_is_only_a_refusal(monkeypatch):
    monkeypatch.setattr(papers, "WALL_SECONDS", 1)
    for start, code in [
        ("import os; os.abort()", "E_LIMIT_MEMORY"), ("import os; os.kill(os.getpid(), 9)", "E_LIMIT_TIME"),
        ("1/0", "E_FILE_CORRUPT"), ("import time; time.sleep(30)", "E_LIMIT_TIME"), ("print('{')", "E_FILE_CORRUPT"),
    ]:  # fmt: skip
        monkeypatch.setattr(child, "_START", start)
        with pytest.raises(papers.Refused) as refused:
            papers.check(b"%PDF-1.7", "a.pdf")
        assert refused.value.code == code


def test_the_child_has_little_memory_and_writes_no_file():
    script = (
        "from iso_rollout import child\nchild.limit(memory=300 * 2**20, cpu_seconds=5)\n"
        "try: bytearray(10**9)\nexcept MemoryError: print('memory')\n"
        "try: open('/tmp/x-of-a-child', 'w').write('x' * 10**5)\nexcept OSError: print('file')"
    )
    # A write past the limit sends a signal, which a child does not catch.
    script = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + script
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["memory", "file"]


def test_the_child_starts_without_django():
    script = "from iso_rollout.papers import looking, pdf, word, pictures; import sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_refusal_says_in_vietnamese_what_to_do():
    with translation.override("vi"):
        for code, reason in MESSAGES:
            sentence = str(papers.Refused(code, reason))
            assert sentence != MESSAGES[code, reason] % {"limit": 20}, sentence
            assert sentence.count(".") >= 1 and "%" not in sentence


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["pdf", "docx", "png"]), st.data())
def test_a_mutated_file_is_kept_or_refused_and_nothing_else(kind, data):
    """Looked at in this process: whatever is raised, the child turns it into a refusal, but it must not hang."""
    good = bytearray({"pdf": samples.hidden_script, "docx": samples.word, "png": samples.picture}[kind]())
    for _cut in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        found = looking.look(bytes(good))
    except Exception:
        return
    assert found in papers.KINDS
