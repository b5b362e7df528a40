"""What staff open all day, for a person of a province and one of a district, in a register that was used for years.

The country has no history of its own: documents, changes, entries that wait and notices are put in first.
"""

import datetime

from django.core.cache import cache
from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Mod
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, Change, ChangeSet, Kind, Membership, Notice, Role, User
from agencies.models.notices import NoticeKind
from bench.pages import median
from procedures.lifecycle import Acceptance
from procedures.models import AgencyProcedure, Declaration, Document, Milestone, Plan, Rollout
from procedures.views.work import LISTS

BATCH = 2_000
DOCUMENTS, CHANGES, NOTICES = 2, 20, 300  # of each agency, of each agency, of each person
WAITING = 50  # each so many-th entry waits, the next is returned


def measure(turns):
    """{person: what their pages cost}: the slowest with its milliseconds and queries, and every page's milliseconds."""
    plan = Plan.objects.order_by("agency__path").first()
    province = plan.agency
    district = Agency.objects.within(province).filter(kind=Kind.DISTRICT_COMMITTEE).order_by("path").first()
    persons = {
        "staff_of_province": _person("bench-province", Role.COORDINATOR, province),
        "staff_of_district": _person("bench-district", Role.EDITOR, district or province),
    }
    use(list(persons.values()))
    return {name: _pages(user, place, plan, turns) for name, (user, place) in persons.items()}


def _person(username, role, agency):
    user = User.objects.create_user(username, f"{username}@example.gov.vn", None, full_name="Bench")
    Membership.objects.create(user=user, agency=agency, role=role)
    return user, agency


def use(persons):
    """Give the register the papers, history, waiting entries and notices of some years."""
    agencies = list(Agency.objects.order_by("pk").values_list("pk", "name"))
    documents = (
        Document(
            issued_by_id=pk,
            number=f"{n}/QĐ-UBND",
            signed_on=datetime.date(2020, 1 + pk % 12, 1 + n),
            title=name,
        )
        for pk, name in agencies
        for n in range(DOCUMENTS)
    )
    _write(Document, documents)
    before = ChangeSet.objects.aggregate(last=Max("pk"))["last"] or 0
    _write(ChangeSet, (ChangeSet(title=f"Bench {pk}") for pk, _name in agencies))
    sets = ChangeSet.objects.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True)
    changes = (
        Change(
            change_set_id=change_set, model="agencies.agency", object_id=pk, label=name, agency_id=pk,
            before={"note": f"{n}"}, after={"note": f"{n + 1}"},
        )
        for change_set, (pk, name) in zip(sets, agencies, strict=True)
        for n in range(CHANGES)
    )  # fmt: skip
    _write(Change, changes)
    for model in (Milestone, Declaration):
        entries = model.objects.annotate(turn=Mod(F("pk"), WAITING))
        entries.filter(turn=0).update(
            acceptance=Acceptance.UNREVIEWED, reviewed_by=None, reviewed_at=None, review_note=""
        )
        reviewer = persons[0][0]
        entries.filter(turn=1).update(
            acceptance=Acceptance.RETURNED,
            reviewed_by=reviewer,
            reviewed_at=timezone.now(),
            review_note="Bench",
        )
    Rollout.refresh_derived(Rollout.objects.filter(plan__agency__in=[place.pk for _user, place in persons]))
    notices = (
        Notice(
            to=user, kind=NoticeKind.values[0], occasion=f"bench {n}", title="Bench", agency=place, url="/"
        )
        for user, place in persons
        for n in range(NOTICES)
    )
    _write(Notice, notices)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _write(model, rows):
    batch = []
    for row in rows:
        if hasattr(row, "derive"):
            row.derive()
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)


def addresses(place, plan):
    """{what: address} of the pages of a day's work at a place."""
    below = Agency.objects.within(place)
    open_ones = Rollout.objects.filter(plan=plan, agency__in=below, state="active")
    rollout = open_ones.exclude(stage__in=("declared", "notified")).order_by("-pk").first()
    agency = rollout.agency
    duty = AgencyProcedure.objects.filter(agency__in=below).order_by("pk").first()
    grid_of, document = duty.agency_id, Document.objects.filter(issued_by=agency).order_by("pk").first()
    today = timezone.localdate()
    found = {
        "work": reverse("start"),
        **{f"work {what}": reverse("work_list", args=[what]) for what in LISTS},
        "acceptance": reverse("acceptance"),
        "acceptance all": reverse("acceptance_all"),
        "agencies": reverse("agencies"),
        "agencies found": f"{reverse('agencies')}?q=tan&level=commune",
        "agencies undeclared": f"{reverse('agencies')}?units=yes&declared=no&on={today:%d/%m/%Y}",
        "agency": reverse("agency", args=[agency.pk]),
        "milestone": reverse("record_milestone", args=[agency.pk, rollout.pk]),
        "several milestones": reverse("record_several", args=[agency.pk, rollout.pk]),
        "declare": reverse("declare", args=[agency.pk]),
        "rollouts": reverse("rollouts", args=[plan.code]),
        "rollouts late": f"{reverse('rollouts', args=[plan.code])}?late=yes",
        "plan": reverse("plan", args=[plan.code]),
        "grid": reverse("agency_procedures", args=[grid_of]),
        "grid copied": reverse("copy_procedures", args=[grid_of]),
        "grid compared": reverse("compare_procedures", args=[grid_of]),
        "grid to adapt": reverse("adapt_procedures", args=[grid_of]),
        "procedures": reverse("procedures"),
        "duties": reverse("duties"),
        "duties under ISO": f"{reverse('duties')}?iso=yes",
        "duties found": f"{reverse('duties')}?q=dang+ky",
        "documents": reverse("documents"),
        "documents found": f"{reverse('documents')}?q=tan",
        "document": reverse("document", args=[document.pk]),
        "documents offered": f"{reverse('document_options')}?q=1/Q",
        "new document": reverse("register_document"),
        "one decision": reverse("one_decision"),
        "find": f"{reverse('find')}?q=ubnd+xa+tan",
        "history": reverse("history_of_agency", args=[agency.pk]),
        "changes": reverse("change_sets"),
        "notices": reverse("notices"),
        "profile": reverse("profile"),
        "workbooks": reverse("workbooks"),
        "imports": reverse("imports"),
        "board": reverse("board"),
        "territory": reverse("territory", args=[place.pk]),
        "conversion": reverse("conversion"),
        "compared": f"{reverse('compare')}?from=31/12/2020&on=30/06/2021",
    }
    return found


def _pages(user, place, plan, turns):
    client = Client()
    client.force_login(user)
    times, queries, refused = {}, {}, []
    for what, address in addresses(place, plan).items():
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            status = client.get(address).status_code
        if status == 403:
            refused.append(what)
            continue
        if status != 200:
            raise SystemExit(f"{address} answered {status}")
        queries[what] = len(asked)
        times[what] = round(median(lambda a=address: client.get(a), turns, cache.clear) * 1000, 1)
    slowest = max(times, key=times.get)
    return {
        "pages": len(times),
        "slowest": slowest,
        "ms": times[slowest],
        "most_queries": max(queries.values()),
        "each": times,
        "not_theirs": refused,
    }
