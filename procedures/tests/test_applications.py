"""The chain of standards of one duty: after any acts it says for each day what a plain list of days says."""

import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from procedures.models.applications import Span, cut, put_in, resume, running, take_out

DAYS = [datetime.date(2020, 1, n) for n in range(1, 11)]
acts = st.lists(
    st.tuples(st.sampled_from(["put", "take", "cut", "resume"]), st.sampled_from(DAYS), st.integers(1, 2)),
    max_size=12,
)


def by_day(chain):
    return [s.standard_id if (s := running(chain, day)) else None for day in DAYS]


@given(acts)
def test_a_chain_never_overlaps_and_neighbours_differ(done):
    chain = []
    for what, day, standard in done:
        if what == "put":
            chain = put_in(chain, standard, day)
        elif what == "take":
            chain = take_out(chain, standard, day)
        elif what == "cut":
            chain = cut(chain, day)
        else:
            chain = resume(chain, day)
        for one, two in pairwise(chain):
            assert one.until is not None and one.until <= two.since
            assert one.until < two.since or one.standard_id != two.standard_id
        assert all(span.until is None or span.since < span.until for span in chain)


@given(acts, st.sampled_from(DAYS), st.integers(1, 2))
def test_what_is_put_in_is_taken_out_again(done, day, standard):
    chain = []
    for what, on, number in done:
        if what == "put":
            chain = put_in(chain, number, on)
        elif what == "cut":
            chain = cut(chain, on)
    added = put_in(chain, standard, day)
    before, after = by_day(chain), by_day(added)
    assert all(one == two for d, one, two in zip(DAYS, before, after, strict=True) if d < day)
    is_its_own = any((s.standard_id, s.since) == (standard, day) for s in added) and added != chain
    joined = any(s.since == day and s.standard_id == standard for s in chain) or len(added) < len(chain)
    following = next((s for s in chain if s.since > day), None)
    # Where it took over the beginning of a later span, went on from an earlier one, or began on the very day on which
    # another had been cut, the chain does not say which of the two it was.
    joined |= any(s.until == day for s in chain)
    if is_its_own and not joined and (following is None or following.standard_id != standard):
        assert by_day(take_out(added, standard, day)) == before


def test_taken_out_it_goes_on_from_the_day_of_the_later_declaration():
    chain = [Span(1, DAYS[0], DAYS[3]), Span(2, DAYS[3])]
    assert take_out(chain, 2, DAYS[3], still_from=DAYS[6]) == [Span(1, DAYS[0], DAYS[6]), Span(2, DAYS[6])]


def test_a_later_day_behind_the_span_is_no_reason_to_go_on():
    chain = [Span(1, DAYS[0], DAYS[3]), Span(2, DAYS[3])]
    assert take_out(chain, 1, DAYS[0], still_from=DAYS[6]) == [Span(2, DAYS[3])]


def test_what_ended_comes_under_the_same_standard_again():
    ended = cut(put_in([], 1, DAYS[0]), DAYS[4])
    assert ended == [Span(1, DAYS[0], DAYS[4])]
    assert put_in(ended, 1, DAYS[6]) == [Span(1, DAYS[0], DAYS[4]), Span(1, DAYS[6])]


def test_cut_and_resumed_it_is_as_before():
    chain = put_in([], 1, DAYS[0])
    assert resume(cut(chain, DAYS[4]), DAYS[4]) == chain
