"""The standards that one duty ran under, in the order of days, as plain values. No database code.

A chain is a list of `Span`s that do not overlap. What is stored of it: the last one that goes on in the duty's own
columns, the others as PastApplication.
"""

import datetime
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Span:
    """Under a standard from `since` on; `until` is the first day it is not, None: it goes on."""

    standard_id: int
    since: datetime.date
    until: datetime.date | None = None

    def holds(self, day):
        return self.since <= day and (self.until is None or day < self.until)


def running(chain, day):
    """The span of a day, None when the duty runs under no standard then."""
    return next((span for span in chain if span.holds(day)), None)


def put_in(chain, standard_id, on, *, later=()):
    """Under a standard from a day until the next one the duty came under.

    Nothing changes when it runs under the same one already, or under another since that very day. `later` are
    [(standard, day)] of declarations that found the duty under their standard already: there it stays.
    """
    found = _put_in(chain, standard_id, on)
    for other, day in later:
        before = running(chain, day)
        if before is not None and before.standard_id == other:
            found = _put_in(found, other, day)
    return found


def _put_in(chain, standard_id, on):
    now = running(chain, on)
    if now is not None and (now.standard_id == standard_id or now.since == on):
        return chain
    later = [span for span in chain if span.since > on]
    until = now.until if now else later[0].since if later else None
    others = [replace(span, until=on) if span is now else span for span in chain]
    return _joined([*others, Span(standard_id, on, until)])


def take_out(chain, standard_id, on, *, still_from=None):
    """The duty did not come under the standard on that day: what ran before goes on.

    `still_from`: a later day on which it would have come under the same standard anyway.
    """
    span = next((s for s in chain if (s.standard_id, s.since) == (standard_id, on)), None)
    if span is None:
        return chain
    stays = still_from is not None and span.holds(still_from)
    end = still_from if stays else span.until
    others = [replace(s, until=end) if s.until == on else s for s in chain if s is not span]
    return _joined([*others, replace(span, since=still_from)] if stays else others)


def cut(chain, on, *, again_from=None):
    """Under no standard from a day until the next one. `again_from` gives, by standard, a later day it came back."""
    now = running(chain, on)
    if now is None:
        return chain
    others = [s for s in chain if s is not now]
    if now.since < on:
        others.append(replace(now, until=on))
    back = (again_from or {}).get(now.standard_id)
    if back is not None and now.holds(back):
        others.append(replace(now, since=back))
    return _joined(others)


def resume(chain, on):
    """What was cut on a day goes on until the next one."""
    ended = next((s for s in chain if s.until == on), None)
    if ended is None or running(chain, on) is not None:
        return chain
    later = [span for span in chain if span.since > on]
    until = later[0].since if later else None
    return _joined([replace(s, until=until) if s is ended else s for s in chain])


def _joined(chain):
    """In the order of days; neighbours under one standard are one span."""
    found = []
    for span in sorted(chain, key=lambda s: s.since):
        last = found[-1] if found else None
        if last is not None and last.until == span.since and last.standard_id == span.standard_id:
            found[-1] = replace(last, until=span.until)
        else:
            found.append(span)
    return found
