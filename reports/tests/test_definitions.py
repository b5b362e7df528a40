"""The definitions on the pages and in the README are one text."""

from django.conf import settings
from django.utils.translation import override

from reports.definitions import FIGURES, readme_table


def test_the_readme_prints_the_definitions():
    assert readme_table() in (settings.BASE_DIR / "reports" / "README.md").read_text(encoding="utf-8")


def test_every_definition_is_one_vietnamese_sentence():
    with override("vi"):
        told = [str(figure.sentence) for figure in FIGURES]
    with override("en"):
        assert not set(told) & {str(figure.sentence) for figure in FIGURES}
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in told)
