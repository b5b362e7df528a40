"""History and grants in words: readable lines and sentences, in a fixed number of queries."""

import datetime
import json
from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.access import explain
from agencies.models import Change, ChangeSet, Level, Membership, Role

# Columns that say nothing to a person: numbers of the machine and what is derived from other columns.
TECHNICAL = frozenset({"id", "version", "path", "search_key", "sort_key", "sha256", "rank"})
LONGEST = 300  # characters of one printed value


@dataclass(frozen=True)
class HistoryRow:
    """One field: its label, and what it held before and after ("" for nothing)."""

    label: str
    before: str
    after: str
    column: str = ""
    restore_url: str = ""  # where this value alone comes back, "" when it does not or nobody asked


@dataclass(frozen=True)
class HistoryLine:
    """One record of one act, ready to print; the names are those that `_changes.html` reads."""

    at: datetime.datetime
    by: str
    what: str
    why: str
    batch: str
    batch_url: str  # "" where the reader may not open the act
    change_set_id: int
    rows: tuple[HistoryRow, ...]
    cell: str = ""
    is_entered: bool = False  # there was nothing before: the values say it all
    record_url: str = ""  # the record's own history, "" where it has none or the reader may not open it
    upload: str = ""  # the file that brought it in
    door: str = ""


def history_lines(changes, limit=None, known=(), restorable=None, reader=None):
    """Lines of history as a list of `HistoryLine`, in the order of `changes`.

    `changes` is a queryset of Change (or a list, such as a page's rows) that the caller has
    already limited to what the person may see; `limit` takes the first so many. Costs one query
    for the changes and one for each kind of record they refer to (one more when some are gone),
    however many there are; records that the page has read already come along as `known` and cost
    nothing. `restorable`: as `history.restorable_columns` gives it, for a reader who may bring
    values back. With a `reader`, what they may not open stands there as text: for lines that the page
    shows beyond the reader's own agencies; one query more, and one for each kind of record.
    """
    if isinstance(changes, models.QuerySet):
        changes = changes.select_related("change_set__made_by", "change_set__upload")
    if limit is not None:
        changes = changes[:limit]
    changes = list(changes)
    names = _names_of_references(changes, known)
    closed_acts, closed_records = _closed_to(reader, changes) if reader else ((), ())
    return [
        HistoryLine(
            at=change.change_set.made_at,
            by=str(change.change_set.made_by or _("Command at the server")),
            what=_what(change),
            why=change.change_set.reason,
            batch=change.change_set.title,
            batch_url=""
            if change.change_set_id in closed_acts
            else reverse("change_set", args=[change.change_set_id]),
            change_set_id=change.change_set_id,
            rows=tuple(_rows(change, names, (restorable or {}).get(change.pk, ()))),
            cell=change.cell,
            is_entered=change.before is None,
            record_url="" if (change.model, change.object_id) in closed_records else history_url(change),
            upload=str(change.change_set.upload or ""),
            door=change.change_set.get_door_display(),
        )
        for change in changes
    ]


def _closed_to(reader, changes):
    """(ids of the acts, keys of the records) among some lines that a person may not open."""
    acts, records = {change.change_set_id for change in changes}, defaultdict(set)
    for change in changes:
        if history_url(change):
            records[change.model].add(change.object_id)
    acts -= set(ChangeSet.objects.visible_to(reader).filter(pk__in=acts).values_list("pk", flat=True))
    closed = set()
    for label, ids in records.items():
        rows = _model(label)._default_manager.filter(pk__in=ids)
        if hasattr(rows, "visible_to"):
            hidden = rows.exclude(pk__in=rows.visible_to(reader).values("pk"))
            closed |= {(label, pk) for pk in hidden.values_list("pk", flat=True)}
    return acts, closed


def record_kind(label):
    """What a record of a model is called: "agencies.agency" → "agency"."""
    model = _model(label)
    return str(model._meta.verbose_name) if model else label


def _model(label):
    """The model, or None when the program has none of that name any more."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _what(change):
    words = {"kind": record_kind(change.model), "name": change.label or change.object_id}
    if change.before is None:
        return _("Entered: %(kind)s %(name)s") % words
    if change.after is None:
        return _("Deleted: %(kind)s %(name)s") % words
    return _("Changed: %(kind)s %(name)s") % words


def _columns(model):
    return {f.attname: f for f in model._meta.concrete_fields if f.attname not in TECHNICAL}


def _names_of_references(changes, known):
    """{(model, id): name} of every record that a change refers to; one query for each model."""
    names = {(record.__class__, record.pk): str(record) for record in known}
    wanted = defaultdict(set)
    for change in changes:
        model = _model(change.model)
        for column, field in (_columns(model) if model else {}).items():
            if not field.is_relation:
                continue
            for values in (change.before, change.after):
                if values and values.get(column) is not None:
                    if (field.related_model, values[column]) not in names:
                        wanted[field.related_model].add(values[column])
    for model, ids in wanted.items():
        names |= _names_of(model, ids)
    return names


def _names_of(model, ids):
    """{(model, id): name} of some records; one that is gone has the name that its history kept last."""
    # The names of some records are made of others': those joins come along.
    names = {(model, r.pk): str(r) for r in model._base_manager.filter(pk__in=ids).select_related()}
    if gone := {pk for pk in ids if (model, pk) not in names}:
        lines = Change.objects.filter(model=model._meta.label_lower, object_id__in=gone).exclude(label="")
        names |= {(model, pk): label for pk, label in lines.order_by("id").values_list("object_id", "label")}
    return names


def history_url(change):
    """Where the record's history stands; "" for kinds of record that are shown with another."""
    try:
        return reverse(f"history_of_{change.model.rpartition('.')[2]}", args=[change.object_id])
    except NoReverseMatch:
        return ""


def _rows(change, names, restorable):
    model = _model(change.model)
    columns = _columns(model) if model else {}
    before, after = change.before or {}, change.after or {}
    for column, field in columns.items():
        if column not in before and column not in after:
            continue
        old = printed(field, before.get(column), names)
        new = printed(field, after.get(column), names)
        if old or new:
            url = reverse("restore_value", args=[change.pk, column]) if column in restorable else ""
            yield HistoryRow(capfirst(str(field.verbose_name)), old, new, column, url)


def printed_values(field, *values):
    """Some stored values of one field as a person reads them; at most two queries for what they refer to."""
    names = {}
    if field.is_relation:
        names = _names_of(field.related_model, [v for v in values if v is not None])
    return [printed(field, value, names) for value in values]


def printed(field, value, names):
    """A stored value as a person reads it; "" when it holds nothing."""
    if value is None or value == "":
        return ""
    if field.is_relation:
        return names.get((field.related_model, value)) or _("%(kind)s no. %(number)s") % {
            "kind": field.related_model._meta.verbose_name,
            "number": value,
        }
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.name == "levels":
        return ", ".join(str(Level(level).label) for level in value.split(",") if level in Level.values)
    text = _plain_text(field, value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _plain_text(field, value):
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(value)
        return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else value
    if isinstance(field, models.DateField):
        day = parse_date(value)
        return date_format(day) if day else value
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)


@dataclass(frozen=True)
class PrintedGrant:
    """A role at an agency in words."""

    membership: object
    role: str
    allows: str
    agency: str
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    standing: str  # held, ended, not_begun


def printed_grants(*people, within=None):
    """The grants of one or more people, those in force first; `within` limits them to some agencies."""
    found = Membership.objects.filter(user__in=people).select_related("agency")
    if within is not None:
        found = found.filter(agency__in=within)
    grants = [
        PrintedGrant(
            membership=m,
            role=str(Role(m.role).label),
            allows=str(Role(m.role).allows),
            agency=m.agency.name,
            starts_on=m.starts_on,
            ends_on=m.ends_on,
            standing=m.standing_on(),
        )
        for m in found
    ]
    return sorted(grants, key=lambda g: (g.standing != "held", g.membership.agency.path, g.role))


@dataclass(frozen=True)
class Explanation:
    """Whether a person sees an agency, and a sentence for each of their grants."""

    agency: object
    sees: bool
    verdict: str
    sentences: tuple[str, ...]


def explained(person, agency, *, known):
    """Why a person can or cannot see an agency. `known` are the agencies whose names the reader may learn."""
    grounds = explain(person, agency)
    sees = person.is_active and (person.is_superuser or any(g.applies for g in grounds))
    named = set(known.filter(pk__in=[g.membership.agency_id for g in grounds]).values_list("pk", flat=True))
    named |= {agency.pk, *agency.ancestor_ids()}
    words = {"person": person, "agency": agency}
    verdict = (
        _("%(person)s can see %(agency)s.") % words
        if sees
        else _("%(person)s cannot see %(agency)s.") % words
    )
    sentences = []
    if not person.is_active:
        sentences.append(_("The account is switched off: it opens nothing."))
    if person.is_superuser:
        sentences.append(_("As a superuser this person sees every agency."))
    told = [g for g in grounds if g.membership.agency_id in named]
    sentences += [_ground_in_words(g, agency) for g in told]
    if hidden := len(grounds) - len(told):
        sentences.append(
            ngettext(
                "%(n)s role at an agency that is not yours does not reach this one.",
                "%(n)s roles at agencies that are not yours do not reach this one.",
                hidden,
            )
            % {"n": hidden}
        )
    if not grounds and not person.is_superuser:
        sentences.append(_("This person holds no role at any agency."))
    return Explanation(agency, sees, verdict, tuple(sentences))


def _ground_in_words(ground, agency):
    grant = ground.membership
    words = {"role": grant.get_role_display(), "at": grant.agency, "agency": agency}
    if ground.why == "ended":
        words["day"] = date_format(grant.ends_on)
        return _("Held the role %(role)s at %(at)s; it ended with %(day)s.") % words
    if ground.why == "not_begun":
        words["day"] = date_format(grant.starts_on)
        return _("Will hold the role %(role)s at %(at)s from %(day)s.") % words
    if ground.why == "elsewhere":
        return _("The role %(role)s at %(at)s does not reach it: %(agency)s does not lie below.") % words
    if grant.agency_id == agency.pk:
        return _("Holds the role %(role)s at this very agency.") % words
    return (
        _("Holds the role %(role)s at %(at)s; roles flow down the tree, and %(agency)s lies below.") % words
    )
