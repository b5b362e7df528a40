"""What the figures say in one sentence, for the board and the weekly mail."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def of_units(figures, on):
    """A `figures.Summary` of a day: how many units have declared, and how many undertakings are overdue."""
    units = figures.units.declared
    text = _("By %(day)s, %(part)s of %(whole)s units have declared") % {
        "day": f"{on:%d/%m/%Y}",
        "part": number_format(units.part),
        "whole": number_format(units.whole),
    }
    late = figures.progress.count(late=True) if figures.progress else 0
    if late:
        text += ngettext("; %(n)s rollout is overdue", "; %(n)s rollouts are overdue", late) % {
            "n": number_format(late)
        }
    return f"{text}."


def of_procedures(figures):
    """A `figures.Summary` of a day: how many procedures run under ISO; "" where none is in force."""
    if not figures.in_force:
        return ""
    return _("%(part)s of %(whole)s procedures in force run under ISO (%(share)s %%).") % {
        "part": number_format(figures.under_iso),
        "whole": number_format(figures.in_force),
        "share": number_format(figures.covered, 1),
    }
