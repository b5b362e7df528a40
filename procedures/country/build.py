"""The whole country, in one transaction."""

import datetime
import time
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import connection, reset_queries, transaction
from django.utils.translation import gettext as _

from agencies.models import Agency, Level, PastIdentity
from agencies.models.tree import IDENTITY
from procedures.country import catalogue, duties, people, places, progress
from procedures.models import Procedure, Standard, retally
from procedures.territories import count_touched

RENAMED_ON = datetime.date(2020, 1, 1)


class NotEmpty(Exception):
    """The register holds agencies or procedures: a synthetic country never mixes with real ones."""


def build(agencies, procedures, seed=1, password=None, say=lambda line: None):
    """Build a country of `agencies` × `procedures`; returns {what: how many}.

    The same numbers and `seed` give the same country. `password` lets everybody sign in with
    it (load tests); None lets nobody. `say` receives a line after each step. Raises NotEmpty
    unless the register has neither agencies nor procedures.
    """
    if Agency.objects.exists() or Procedure.objects.exists():
        raise NotEmpty(_("The register holds agencies or procedures already: use an empty database."))
    clock = time.monotonic()

    def tell(text):
        say(f"{time.monotonic() - clock:6.1f} s  {text}")
        # With DEBUG Django keeps the text of every statement.
        reset_queries()

    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Foreign keys are checked statement by statement, not kept in memory for two million rows.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        provinces = places.provinces(agencies, Random(f"{seed} places"))
        everyone = Agency.objects.establish_many([a for p in provinces for a in p], change_set=None)
        renamed = _rename_some(everyone, Random(f"{seed} renamed"))
        tell(f"{len(everyone)} agencies in {len(provinces)} provinces, {renamed} of them renamed")
        listed = Procedure.objects.bulk_create(catalogue.procedures(procedures), batch_size=500)
        tell(f"{len(listed)} procedures")
        counts = _tell_provinces(provinces, listed, seed, make_password(password), tell)
        retally()
        count_touched()
        tell("coverage and territories counted")
    with connection.cursor() as cursor:
        # On PostgreSQL also what lets an index answer alone; a register that grows gets it by itself.
        vacuums = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute("VACUUM ANALYZE" if vacuums else "ANALYZE")
    tell("analysed")
    return {"agencies": len(everyone), "provinces": len(provinces), "procedures": len(listed), **counts}


def _rename_some(agencies, random):
    """One commune in a hundred had another name until 2020."""
    communes = [a for a in agencies if a.level == Level.COMMUNE]
    chosen = random.sample(communes, len(communes) // 100)
    past = [
        PastIdentity(
            agency=a,
            until=RENAMED_ON,
            **{name: getattr(a, name) for name in IDENTITY} | {"name": f"{a.name} Thượng"},
        )
        for a in chosen
    ]
    PastIdentity.objects.bulk_create(past, batch_size=500)
    return len(past)


def _tell_provinces(provinces, procedures, seed, password, tell):
    """People, plan, rollouts and duties, one province after the other."""
    standards = tuple(Standard.objects.get(code=f"TCVN ISO 9001:{year}") for year in (2008, 2015))
    rollouts = written = 0
    for number, agencies in enumerate(provinces, 1):
        random = Random(f"{seed} {agencies[0].code}")
        coordinator, editors = people.enter_people(agencies, password, random)
        declarations = progress.tell_province(agencies, coordinator, editors, standards, random)
        rollouts += len(declarations)
        chains = duties.chains_of(declarations)
        written += duties.load_duties(agencies, procedures, chains, written + 1)
        if number % 10 == 0 or number == len(provinces):
            tell(f"{number} of {len(provinces)} provinces, {written} agency procedures")
    duties.settle_numbers()
    return {"declarations": rollouts, "agency_procedures": written}
