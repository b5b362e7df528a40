"""What each figure means, in one sentence. The pages, the README and the test read this."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Definition:
    """`name` and `sentence` as the pages show them."""

    name: str
    sentence: str


FIGURES = (
    Definition(
        _("units"),
        _("Agencies of the scope that exist on the day and have a quality management system of their own."),
    ),
    Definition(
        _("declared"),
        _(
            "Units whose latest declaration, made on or before the day and not returned, is not repealed by then."
        ),
    ),
    Definition(_("by standard"), _("Declared units by the standard of that latest declaration.")),
    Definition(
        _("actual of a target"),
        _(
            "Undertakings of the target's form and year, at units of its levels, that reached declared on or before the day."
        ),
    ),
    Definition(
        _("figure of a target"),
        _(
            "The figure of the last decision by the day; in a part of the plan's territory, the undertakings assigned there."
        ),
    ),
    Definition(
        _("expected by the day"),
        _(
            "Undertakings due by the day where the plan has a schedule of at least four due days; else as much of the figure as of the time between the plan's first day and the target's."
        ),
    ),
    Definition(
        _("on track"),
        _("The actual lies within 15 per cent of what is expected; more is ahead, less is behind."),
    ),
    Definition(
        _("needed a month"),
        _("What is missing of the figure, divided by the months from the day to the target's day."),
    ),
    Definition(
        _("forecast"),
        _(
            "The day by which the figure is reached in half of the games played with the steps of this register."
        ),
    ),
    Definition(
        _("undertakings by form"),
        _(
            "The plan's undertakings of the form that are declared by the day; a declaration before the plan is none."
        ),
    ),
    Definition(
        _("by stage"),
        _("The plan's undertakings that go on or are declared, by their furthest milestone on the day."),
    ),
    Definition(
        _("overdue"),
        _("Undertakings that go on, are not declared, and whose due day lies before the day."),
    ),
    Definition(
        _("units overdue"),
        _("Units with an undertaking that is overdue on the day, whatever its plan."),
    ),
    Definition(
        _("targets of a plan together"),
        _(
            "Undertakings of the form, year and levels of any target of the plan that are declared by the day, against the sum of the targets' figures."
        ),
    ),
    Definition(
        _("procedures in force"),
        _("Duties of agencies that exist, for procedures in force, on the day."),
    ),
    Definition(_("under ISO"), _("Those of them that run under any standard on the day.")),
    Definition(
        _("coverage"), _("Procedures under ISO as a part of those in force; “–” where none is in force.")
    ),
    Definition(
        _("difference of two days"),
        _(
            "What the figure counts on the later day and not on the earlier one, less what it counts on the earlier and not on the later; each agency or undertaking stands in one term."
        ),
    ),
    Definition(
        _("as it was known"),
        _(
            "The figure from what was on record at the end of the day, without what was entered, changed or taken back later."
        ),
    ),
    Definition(
        _("not updated for 90 days"),
        _(
            "Units at which nothing was recorded in the 90 days to the day: neither of the agency, nor an undertaking, milestone, declaration or procedure."
        ),
    ),
    Definition(
        _("counted at"),
        _("The moment at which these figures were worked out; nothing was changed in the register since."),
    ),
)

# The conversion board.
CONVERSION = (
    Definition(
        _("converting"),
        _(
            "Units that have not declared under the target standard and have an open undertaking to convert, by electronic ISO included, to that standard."
        ),
    ),
    Definition(
        _("on the source standard, not started"),
        _("Units whose declaration in force is of the source standard and that are not converting."),
    ),
    Definition(
        _("assigned in a wave"),
        _(
            "Undertakings of the wave that were not cancelled or ended by the day; one carried over to a later wave stays here and counts there too."
        ),
    ),
    Definition(
        _("units of the campaign"),
        _("Its undertakings that go on or are declared on the day; one carried over counts once."),
    ),
    Definition(
        _("expected of a wave"),
        _("As much of what is assigned as of the time between the first day of the wave and its due day."),
    ),
    Definition(
        _("no step for 90 days"),
        _(
            "Undertakings that go on, are not declared, and reached no milestone in the 90 days before the day."
        ),
    ),
)


def readme_table():
    """The table of reports/README.md: each figure in English and in Vietnamese."""
    from django.utils.translation import override

    lines = ["| figure | definition |", "| --- | --- |"]
    for figure in (*FIGURES, *CONVERSION):
        told = []
        for language in ("en", "vi"):
            with override(language):
                told.append((str(figure.name), str(figure.sentence)))
        (name, sentence), (ten, cau) = told
        lines.append(f"| {name} (*{ten}*) | {sentence} *{cau}* |")
    return "\n".join(lines)
