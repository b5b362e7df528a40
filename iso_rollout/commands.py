"""What commands read from their command line."""

from django.core.management.base import CommandError

from iso_rollout.text import Unreadable, parse_date


def day_option(option, text, *, default=None, latest=None):
    """The day that an option names, 2020-12-31 or 31/12/2020, not after `latest`; `default` where it was not given.

    Raises CommandError, which names the option, for anything else, a month or a year alone included.
    """
    if not text:
        return default
    try:
        when = parse_date(text, latest=latest)
    except Unreadable as fault:
        raise CommandError(f"{option}: {fault}") from None
    if when is None or when.precision != "day":
        raise CommandError(f"{option}: give a day, such as 2020-12-31.")
    return when.date
