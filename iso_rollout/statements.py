"""Statements that are built once and asked again with other values.

To build a statement from a queryset takes Django longer than the database needs to answer it, and a page of figures asks
a dozen. What is kept is the finished statement, by connection; a call only puts its values in.

    @kept
    def names_on(on, path): return Agency.objects.as_of(on).filter(in_subtree(path)).values_list("pk", "name_then")

    names_on(on=day, path=district.path)  # a list, as list() of the queryset would give
"""

import datetime
from enum import Enum
from functools import partial, update_wrapper

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.utils import timezone

MOST = 60  # shapes of one function; a further one is built each time
MOST_VALUES = 500  # days, numbers and texts of one call; with more of them it is built each time


class NotKept(Exception):
    """A function that cannot be kept: what it builds depends on a value otherwise than by holding it."""


class Kept:
    """A function of keywords that builds a queryset, and is called for its rows.

    It is asked to build twice for each shape of its values (None, true or false, members of enumerations, and how long
    tuples are): it may go by these. By what a day, a number or a text says it may not, nor work out others from them, but
    for those that `also`, a function of the same keywords, gives in a list. Both would show in two statements that differ,
    and raises NotKept. What would not show: it may not read the clock.
    """

    def __init__(self, build, also=None):
        self.build, self.also, self.model = build, also or (lambda **values: []), None
        update_wrapper(self, build)

    def __call__(self, **values):
        if self.model is None:
            self.model = self.build(**values).model
        connection = connections[router.db_for_read(self.model)]
        own = connection.__dict__.setdefault("kept_statements", {}).setdefault(self, {})
        constants = _flat(values.values())
        if len(constants) > MOST_VALUES:
            return list(self.build(**values))
        # In the order of the call: its constants are told apart by where they stand.
        shape = tuple((name, _shape(value)) for name, value in values.items())
        if shape not in own:
            if len(own) == MOST:
                return list(self.build(**values))
            own[shape] = _Statement(self, values, connection)
        return own[shape].rows([*constants, *_flat(self.also(**values))])


def kept(build=None, *, also=None):
    """Decorates a function as `Kept`."""
    return partial(Kept, also=also) if build is None else Kept(build, also)


class _Statement:
    """What one function builds for one shape of values on one connection."""

    def __init__(self, kept, values, connection):
        self.adapt = {
            datetime.date: connection.ops.adapt_datefield_value,
            datetime.datetime: connection.ops.adapt_datetimefield_value,
        }
        self.queryset, self.sql, one, constants = self._built(kept, values, connection, 1)
        _queryset, sql, two, others = self._built(kept, values, connection, 2)
        if sql != self.sql:
            raise NotKept(f"{kept.__name__}: the statement goes by what a value says.")
        pairs = list(zip(constants, others, strict=True))
        self.params = [self._place(kept, pair, pairs) for pair in zip(one, two, strict=True)]

    def _built(self, kept, values, connection, number):
        """(queryset, statement, its parameters, the constants that were given) with the marks of a number."""
        places = iter(range(10, 10_000, 10))
        marks = {name: _mark(value, places, number) for name, value in values.items()}
        queryset = kept.build(**marks)
        constants = _flat([*marks.values(), *kept.also(**marks)])
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return queryset, None, (), constants
        # Whatever kind of rows the queryset gives, it asks this compiler for them.
        compiler.as_sql = lambda *_args, **_more: (self.sql, self.now)
        queryset.query.get_compiler = lambda *_args, **_more: compiler
        return queryset, sql, params, constants

    def _place(self, kept, pair, pairs):
        """(the place of a parameter among the constants, how it is adapted), or (None, the parameter itself)."""
        for place, constants in enumerate(pairs):
            if pair == constants:
                return place, None
            adapt = self.adapt.get(type(constants[0]))
            if adapt and pair == tuple(map(adapt, constants)):
                return place, adapt
        if pair[0] != pair[1]:
            raise NotKept(f"{kept.__name__}: {pair[0]!r} is not a value of the call.")
        return None, pair[0]

    def rows(self, constants):
        if self.sql is None:
            return []
        self.now = tuple(
            what if place is None else what(constants[place]) if what else constants[place]
            for place, what in self.params
        )
        return list(self.queryset._iterable_class(self.queryset))


def _shape(value):
    if isinstance(value, tuple):
        return tuple(map(_shape, value))
    return value if _is_shape(value) else type(value)


def _is_shape(value):
    return value is None or isinstance(value, (bool, Enum))


def _mark(value, places, number):
    """A value of the same type that stands in no queryset by itself; one number lies in the past, two in the future."""
    if isinstance(value, tuple):
        return tuple(_mark(v, places, number) for v in value)
    if _is_shape(value):
        return value
    place = next(places)
    day = datetime.date(500, 1, 1).replace(year=500 + 4_000 * (number - 1)) + datetime.timedelta(days=place)
    match value:
        case datetime.datetime():
            return timezone.make_aware(datetime.datetime.combine(day, datetime.time(1, 2, 3)))
        case datetime.date():
            return day
        case int():
            return 10_000 * number + place
        case str():
            # As long as a path of the tree: what takes one apart finds pieces that no call gave.
            return "".join(f"{number}{place + step:07d}" for step in range(3))
    raise NotKept(f"a {type(value).__name__} cannot be put into a kept statement")


def _flat(values):
    found = []
    for value in values:
        if isinstance(value, tuple):
            found += _flat(value)
        elif not _is_shape(value):
            found.append(value)
    return found
