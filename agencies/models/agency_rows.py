"""Sets of agencies: as of a day, within a scope, by search; and the doors that enter new ones."""

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext

from agencies.errors import Refused
from agencies.history import change_of, open_change_set, record_many
from agencies.progress import Doing, tell
from iso_rollout.text import Query

from .identities import PastIdentity
from .keys import holds
from .touched import Touched
from .tree import IDENTITY, SEGMENT, in_subtree, one_writer, reserve_ids


class _AsOfRows(models.query.ModelIterable):
    """Agencies that carry the name, code, kind, level, parent and path of a past day."""

    def __iter__(self):
        for agency in super().__iter__():
            agency.path_now = agency.path
            for name in IDENTITY:
                setattr(agency, name, agency.__dict__.pop(f"{name}_then"))
            agency.as_of_day = self.queryset._as_of_day
            yield agency


class AgencyQuerySet(models.QuerySet):
    _as_of_day = None

    def _clone(self):
        clone = super()._clone()
        clone._as_of_day = self._as_of_day
        return clone

    def visible_to(self, user):
        """What a person's grants of today let them see, closed agencies included."""
        from agencies.access import scope_of

        return self.filter(scope_of(user))

    def as_of(self, day):
        """The agencies that existed on a day, each with its name, code, parent and path of that day.

        Filter and order by `name_then`, `code_then`, `kind_then`, `level_then`, `parent_id_then`,
        `covered_by_id_then`, `path_then`; the instances carry them under the plain names.
        """
        earlier = models.FilteredRelation(
            "past",
            condition=(Q(past__from_on__isnull=True) | Q(past__from_on__lte=day)) & Q(past__until__gt=day),
        )
        rows = self.open_on(day).annotate(earlier=earlier)
        rows = rows.annotate(
            **{
                f"{name}_then": Coalesce(f"earlier__{name}", name)
                for name in IDENTITY
                if name != "covered_by_id"
            },
            # A past row says for itself whether the agency was covered: empty there means a unit.
            covered_by_id_then=models.Case(
                models.When(earlier__id__isnull=False, then=F("earlier__covered_by_id")),
                default=F("covered_by_id"),
            ),
        )
        rows._as_of_day = day
        rows._iterable_class = _AsOfRows
        return rows

    def open_on(self, day):
        """Agencies that exist on a day."""
        return self.filter(
            Q(established_on__isnull=True) | Q(established_on__lte=day),
            Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=day),
        )

    def not_void(self):
        """Without those whose entry was taken back: they existed on no day."""
        return self.exclude(established_on__isnull=False, dissolved_on=F("established_on"))

    def units(self):
        """Agencies with a system of their own; after `as_of`, those of that day."""
        name = "covered_by_id_then" if self._as_of_day else "covered_by_id"
        return self.filter(**{f"{name}__isnull": True})

    def within(self, agency):
        """The subtree of an agency, itself included; after `as_of`, the subtree of that day."""
        if self._as_of_day is None:
            return self.filter(in_subtree(agency.path))
        # The scope's own path of that day, without a query of its own.
        past = PastIdentity.objects.filter(agency=agency.pk).in_force(self._as_of_day).values("path")[:1]
        then = Q(path_then__startswith=Coalesce(models.Subquery(past), Value(agency.path)))
        return self._or_moved(in_subtree(agency.path)).filter(then)

    def _or_moved(self, now):
        """Those of whom a condition holds today, and whoever stood elsewhere on the day, which they remember.

        Said beside the condition on the day itself, which no index answers. As a union, because PostgreSQL reads the whole
        table for an *or* with a set.
        """
        moved = PastIdentity.objects.in_force(self._as_of_day).values("agency")
        return self.filter(pk__in=self.model.objects.filter(now).order_by().values("pk").union(moved))

    def not_touched(self):
        """Those in whose tree nothing was recorded since its territories were counted."""
        trees = self.annotate(tree=Left("path", SEGMENT))
        return trees.exclude(Exists(Touched.objects.in_tree(OuterRef("tree"))))

    def children_of(self, parent_id):
        """Those directly below an agency (None: the tops of the trees), after `as_of` on that day."""
        now = Q(parent=parent_id) if parent_id else Q(parent__isnull=True)
        if self._as_of_day is None:
            return self.filter(now)
        then = Q(parent_id_then=parent_id) if parent_id else Q(parent_id_then__isnull=True)
        return self._or_moved(now).filter(then)

    def matching(self, text):
        """Those whose name, former name or code holds each typed word or its beginning, as the search box reads it."""
        query = Query(text)
        if not query:
            return self
        past = PastIdentity.objects.filter(holds(query.needed)).order_by()
        return self.filter(holds(query.needed) | Q(pk__in=past.values("agency")))

    def delete(self):
        raise Refused(gettext("Agencies close; they are not deleted."))

    @transaction.atomic
    def establish(self, *, by, change_set=None, on=None, **values):
        """Enter one agency. `on` is the day it was established, None when it has always been.

        Raises Refused when its parent closed, its level stands above its parent's, or the code
        belongs to another agency that exists.
        """
        one_writer()
        agency = self.model(established_on=on, **as_stored(values))
        agency.derive()
        agency.check_place(on)
        agency.check_code(by)
        change_set = change_set or open_change_set(
            gettext("Enter agency %(name)s") % {"name": agency.name}, by=by
        )
        self.establish_many([agency], change_set=change_set)
        return agency

    @transaction.atomic
    def establish_many(self, agencies, *, change_set, cells=None):
        """The set-based twin of `establish`; the caller has checked codes and places.

        A parent is saved already or stands earlier in the list, so does the covering agency.
        `change_set` None writes no history (synthetic data). Returns the agencies, saved.
        """
        one_writer()
        agencies = list(agencies)
        for agency, pk in zip(agencies, reserve_ids(self.model, len(agencies)), strict=True):
            agency.pk = pk
            # The parent has its number only now.
            agency.parent, agency.covered_by = agency.parent, agency.covered_by
            agency.path = agency.own_path()
            agency.derive()
        for first in range(0, len(agencies), 500):
            tell(Doing.WRITING, first, len(agencies))
            self.bulk_create(agencies[first : first + 500])
        if change_set is not None:
            cells = cells or [""] * len(agencies)
            record_many(change_of(change_set, a, cell=c) for a, c in zip(agencies, cells, strict=True))
        return agencies


def as_stored(values):
    """Values with each agency among them read again: the caller's copy of a parent may be old."""
    return {
        name: type(value)._base_manager.get(pk=value.pk)
        if isinstance(value, models.Model) and value.pk
        else value
        for name, value in values.items()
    }
