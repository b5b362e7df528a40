"""Finding: one question to agencies, procedures and documents, within what a person may see."""

from dataclasses import dataclass

from agencies.finding import MOST, find_agencies
from agencies.models.keys import holds, nearest_first
from iso_rollout.text import Query, fit, nearly, without_telex
from procedures.models import Document, Procedure


@dataclass(frozen=True)
class Found:
    """What fits, best first in each kind."""

    query: Query
    agencies: list
    procedures: list
    documents: list

    def __bool__(self):
        return bool(self.agencies or self.procedures or self.documents)


def find(user, text, *, on, limit=20):
    """Agencies, procedures and documents that fit a text, at most `limit` of each kind.

    `on` decides which procedures are in force: those come first. Any text is allowed; a text without a word
    finds nothing. About ten queries, however much there is.
    """
    query = Query(text)
    if not query:
        return Found(query, [], [], [])
    procedures = find_procedures(query, on=on, limit=limit)
    documents = find_documents(user, query, limit=limit)
    # The very words in a procedure's name: nobody meant an agency that is written nearly so.
    is_sure = any(fit(query, p.name, p.code).tier < 3 for p in procedures)
    agencies = find_agencies(user, query, limit, nearly_too=not is_sure)
    if not (agencies or procedures or documents):
        procedures = find_procedures_nearly(query, on=on, limit=limit)
    return Found(query, agencies, procedures, documents)


def find_procedures(query, *, on, limit=20):
    """The procedures of the catalogue that fit, those in force on a day first."""
    return _ranked(query, _procedures(query).filter(holds(query.needed))[:MOST], on)[:limit]


def find_procedures_nearly(query, *, on, limit=20):
    """The procedures that fit but for slips of the hand, or a keyboard that was not set to Vietnamese."""
    typed = Query(without_telex(query.text))
    if found := _ranked(typed, _procedures(typed).filter(holds(typed.needed))[:MOST], on):
        return found[:limit]
    slips = nearly(query, list(Procedure.objects.order_by().values_list("pk", "search_key")))
    found = _procedures(query).filter(pk__in=sorted(slips, key=lambda pk: (slips[pk], pk))[:MOST])
    return sorted(_ranked(query, found, on), key=lambda p: slips[p.pk])[:limit]


def _procedures(query):
    return Procedure.objects.defer("search_key").order_by(nearest_first(query), "field", "code", "pk")


def _ranked(query, procedures, on):
    found = list(procedures)
    for procedure in found:
        procedure.is_repealed = procedure.repealed_on is not None and procedure.repealed_on <= on
    return sorted(found, key=lambda p: (p.is_repealed, *fit(query, p.name, p.code).key, len(p.name)))


def find_documents(user, query, *, limit=20):
    """The documents that a person may see and that fit, by number first, then the latest."""
    rows = Document.objects.filter(holds(query.needed)).select_related("issued_by")
    # Where few fit, their owners are asked for; that costs less than to ask whose each document is.
    ids = list(rows.order_by().values_list("pk", flat=True)[: MOST + 1])
    if not ids:
        return []
    seen = Document.objects.visible_to(user)
    seen = seen.filter(pk__in=ids) if len(ids) <= MOST else seen.filter(holds(query.needed))
    seen = seen.select_related("issued_by").order_by(nearest_first(query), "-signed_on", "-pk")
    return list(seen[:limit])
