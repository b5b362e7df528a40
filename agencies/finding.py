"""Finding agencies: by what somebody remembers of a name, an abbreviation, a code or a former name."""

from dataclasses import dataclass, field

from agencies.access import visible_to
from agencies.models import Agency, Level, PastIdentity
from agencies.models.keys import holds, nearest_first
from iso_rollout.text import Query, department_key, fit, nearly, without_telex

MOST = 200  # rows that are ranked; the database brings the nearest of more
FEW = 3  # with fewer hits than that, weaker likenesses are tried
_COLUMNS = ("pk", "name", "code", "level", "dissolved_on", "sort_key")
# How a row was found, the surest first.
OWN, FORMER, PLACE, OTHER_TYPE, LETTERS, NEAR = range(6)


@dataclass(frozen=True)
class AgencyHit:
    """One agency that was found. `former`: the earlier name that fits; `place`: where it lies, as far as one sees."""

    agency: Agency
    former: str = ""
    place: str = ""
    is_near: bool = False


@dataclass
class _Search:
    """What was found so far: {agency: (rank, former name)}."""

    user: object
    query: Query
    rows: object
    found: dict = field(default_factory=dict)

    @property
    def is_short(self):
        return len(self.found) < FEW

    @property
    def is_sure(self):
        """Whether the whole name of an agency, now or before, was typed."""
        return any(rank[0] in (OWN, FORMER) and rank[2] == 0 for rank, _former in self.found.values())

    def take(self, how, rows, query=None, slips=None):
        query = query or self.query
        rows = rows.order_by(nearest_first(query), "sort_key", "pk").values_list(*_COLUMNS)
        for row in rows[:MOST]:
            self._keep(how, query, row, row[1], slips)

    def _keep(self, how, query, row, name, slips=None):
        pk, _name, code, level, dissolved_on, sort_key = row
        likeness = fit(query, name, code)
        closed = dissolved_on is not None
        off = (slips or {}).get(pk, 0)
        rank = (how, off, *likeness.key, closed, Level(level).rank, len(name), sort_key, pk)
        former = name if how == FORMER else ""
        if pk not in self.found or rank < self.found[pk][0]:
            self.found[pk] = (rank, former)

    def take_former(self):
        past = PastIdentity.objects.filter(
            holds(self.query.needed), agency__in=self.rows.order_by().values("pk")
        )
        names = [f"agency__{name}" if name != "pk" else "agency_id" for name in _COLUMNS]
        for past_name, *row in past.order_by("-until").values_list("name", *names)[:MOST]:
            if past_name != row[1]:
                self._keep(FORMER, self.query, row, past_name)

    def take_chosen(self, how, ids, query=None, slips=None):
        """Rows chosen from the keys; where there are too many, those with the fewest slips."""
        if ids:
            chosen = sorted(ids, key=lambda pk: ((slips or {}).get(pk, 0), pk))[:MOST]
            self.take(how, self.rows.filter(pk__in=chosen), query, slips)


def find_agencies(user, query, limit=20, *, nearly_too=True):
    """The agencies within a person's scope that fit a `Query`, best first: a list of AgencyHit.

    A constant number of queries. Exact and beginning names come first, then former names; only where little is
    found also words of the place above, another type of unit, first letters and, with `nearly_too`, slips of the hand.
    """
    if not query:
        return []
    search = _Search(user, query, visible_to(user).not_void())
    search.take(OWN, search.rows.filter(holds(query.needed)))
    search.take_former()
    if search.is_short:
        _look_further(search, nearly_too and not search.is_sure)
    return _hits(search, limit)


def _look_further(search, nearly_too):
    """Weaker likenesses, one after the other until enough is found; the keys of the scope are read once for all."""
    query, keys, parents = search.query, {}, {}
    for pk, key, parent in search.rows.order_by().values_list("pk", "search_key", "parent_id"):
        keys[pk], parents[pk] = key, parent

    def with_word(word):
        pieces = word.pieces
        if len(pieces) == 1:
            return {pk for pk, key in keys.items() if pieces[0] in key}
        return {pk for pk, key in keys.items() if any(piece in key for piece in pieces)}

    def below(found):
        """With all that lies in them; what a person may not see is not among the keys."""
        return found | {pk for pk, up in parents.items() if up in found or parents.get(up) in found}

    own = {word: with_word(word) for word in dict.fromkeys((*query.needed, *query.proper))}
    if len(query.needed) > 1:
        named = set().union(*(own[word] for word in query.proper))
        search.take_chosen(PLACE, named.intersection(*(below(own[word]) for word in query.needed)))
    if search.is_short and query.proper != query.needed:
        search.take_chosen(OTHER_TYPE, set.intersection(*(own[word] for word in query.proper)))
    letters = f" {department_key(query.text)} "
    if search.is_short and len(letters) > 4:
        search.take_chosen(LETTERS, {pk for pk, key in keys.items() if letters in key})
    typed = Query(without_telex(query.text)) if nearly_too else query
    if search.is_short and typed and typed.phrase != query.phrase:
        search.take_chosen(NEAR, set.intersection(*map(with_word, typed.needed)), typed)
    if search.is_short and nearly_too:
        slips = nearly(query, keys.items())
        search.take_chosen(NEAR, slips, slips=slips)


def _hits(search, limit):
    best = sorted(search.found.items(), key=lambda pair: pair[1][0])[:limit]
    agencies = Agency.objects.select_related("parent").in_bulk([pk for pk, _kept in best])
    parents = {a.parent_id for a in agencies.values()} - {None}
    seen = set(visible_to(search.user).filter(pk__in=parents).values_list("pk", flat=True))
    hits = []
    for pk, (rank, former) in best:
        agency = agencies[pk]
        place = agency.parent.name if agency.parent_id in seen else ""
        hits.append(AgencyHit(agency, former, place, rank[0] == NEAR))
    return hits
