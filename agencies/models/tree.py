"""The tree: levels, kinds, paths, and the one writer that keeps them."""

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

SEGMENT = 8  # digits of one step of a path: a hundred million agencies
DEPTH = 8  # steps of the longest path
TREE_LOCK = 20_140_019  # any number that no other advisory lock uses


class Level(models.TextChoices):
    """Level of administration. District level ended on 1.7.2025."""

    PROVINCE = "province", _("Province")
    DISTRICT = "district", _("District")
    COMMUNE = "commune", _("Commune")

    @property
    def rank(self):
        """0 for the highest."""
        return list(type(self)).index(self)


class Kind(models.TextChoices):
    """Kinds of agency, QĐ 19/2014/QĐ-TTg Điều 2 and TT 26/2014/TT-BKHCN Điều 6."""

    PROVINCIAL_COMMITTEE = "provincial_committee", _("Provincial people's committee")
    DEPARTMENT = "department", _("Department")
    SUB_DEPARTMENT = "sub_department", _("Sub-department")
    DISTRICT_COMMITTEE = "district_committee", _("District people's committee")
    COMMUNE_COMMITTEE = "commune_committee", _("Commune people's committee")
    VERTICAL = "vertical_agency", _("Vertically managed agency")
    PUBLIC_SERVICE_UNIT = "public_service_unit", _("Public service unit")


KIND_LEVEL = {
    Kind.PROVINCIAL_COMMITTEE: Level.PROVINCE,
    Kind.DISTRICT_COMMITTEE: Level.DISTRICT,
    Kind.COMMUNE_COMMITTEE: Level.COMMUNE,
}
# What a revision may change, and what PastIdentity therefore remembers.
IDENTITY = ("name", "code", "kind", "level", "parent_id", "covered_by_id", "path")


def ids_along(path):
    """The ids on a path, from the top of the tree to the agency itself."""
    return [int(path[i : i + SEGMENT]) for i in range(0, len(path), SEGMENT)]


def path_up_to(path, pk):
    """The path of the agency with a number, itself or above the one at `path`; "" when it is not there."""
    ids = ids_along(path)
    return path[: (ids.index(pk) + 1) * SEGMENT] if pk in ids else ""


def path_range(path):
    """First and past-the-last path of a subtree: digits only, so every collation agrees."""
    return path, f"{path[:-SEGMENT]}{int(path[-SEGMENT:]) + 1:0{SEGMENT}d}"


def in_subtree(path, prefix=""):
    """The condition that an agency's path lies in the subtree of `path`."""
    first, past = path_range(path)
    return Q(**{f"{prefix}path__gte": first, f"{prefix}path__lt": past})


def one_writer():
    """Until the end of the transaction nobody else changes the tree.

    What a door checks (circles, codes, who stands below) would otherwise be over before it
    writes. SQLite has one writer anyway; on PostgreSQL all doors ask for the same lock.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


def reserve_ids(model, count):
    """Numbers for new records, so that a path is complete before the record is stored."""
    connection = connections[DEFAULT_DB_ALIAS]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        # SQLite: the write lock is held from the start of the transaction, nobody comes between.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or [0])[0]
        return list(range(last + 1, last + 1 + count))
