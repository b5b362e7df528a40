"""Pages of figures against a bare page: warm, with nothing kept, on a past day, for a person with a part of the country."""

import copy
import statistics
import time
from contextlib import contextmanager

from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.models import Agency, ChangeSet, Kind, Membership, Role, Touched, User
from agencies.viewpoint import Viewpoint
from bench import urls
from procedures.models import Plan
from procedures.territories import count_touched
from reports.context import site
from reports.views import kept


def median(act, turns, before=None):
    """Median seconds of an act, after one turn to warm up. `before` runs before each turn and is not timed."""
    times = []
    for _turn in range(turns + 1):
        if before:
            before()
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def measure(turns):
    """{page: what it costs}: the whole register, its first province, a district's viewer, the end of the plan."""
    plan = Plan.objects.order_by("agency__path").first()
    province, day = plan.agency, f"{plan.ends_on:%d/%m/%Y}"
    district = Agency.objects.within(province).filter(kind=Kind.DISTRICT_COMMITTEE).order_by("path").first()
    everybody = User.objects.get(username="bench")
    part = User.objects.create_user("bench-part", "part@example.gov.vn", None, full_name="Bench")
    Membership.objects.create(user=part, agency=district or province, role=Role.VIEWER)
    board = "/bang-dieu-hanh/"
    wanted = {
        "overview": (everybody, board),
        "overview_past": (everybody, f"{board}?on={day}"),
        "board": (everybody, f"{board}?agency={province.pk}"),
        "board_past": (everybody, f"{board}?agency={province.pk}&on={day}"),
        "board_of_part": (part, board),
    }
    address = reverse("territory", args=[(district or province).pk])
    wanted |= {"territory": (everybody, address), "territory_past": (everybody, f"{address}?on={day}")}
    wanted |= {"territory_of_part": (part, address)}
    wanted |= {"territory_of_province": (everybody, reverse("territory", args=[province.pk]))}
    wanted |= {"conversion": (everybody, f"{reverse('conversion')}?agency={province.pk}")}
    return {name: page(user, address, turns) for name, (user, address) in wanted.items()}


def page(user, address, turns):
    """A page against the same page without a query, and against its ready bytes."""
    client = Client()
    client.force_login(user)
    cache.clear()
    with finished(user, address):
        answer = client.get(address)
    cache.clear()
    with CaptureQueriesContext(connection) as cold_queries:
        client.get(address)
        asked = len(cold_queries)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
        asked_again = len(queries)
    urls.BARE["body"] = answer.content
    with CaptureQueriesContext(connection) as none:
        bytes_of_bare = len(client.get("/bare/").content)
        asked_by_bare = [query["sql"] for query in none]
    if any("django_session" not in q and "agencies_user" not in q for q in asked_by_bare):
        raise SystemExit("the bare page asks the database more than who is signed in")
    warm = median(lambda: client.get(address), turns)
    cold = median(lambda: client.get(address), turns, cache.clear)
    changed = median(lambda: client.get(address), turns, record_elsewhere)
    count_touched()
    bare, ready = (median(lambda a=a: client.get(a), turns) for a in ("/bare/", "/ready/"))
    return {
        "warm_times": round(warm / bare, 2),
        "cold_times": round(cold / bare, 2),
        "changed_times": round(changed / bare, 2),
        "ms": round(warm * 1000, 1),
        "cold_ms": round(cold * 1000, 1),
        "bare_ms": round(bare * 1000, 1),
        "ready_ms": round(ready * 1000, 2),
        "warm_times_ready_bytes": round(warm / ready, 1),
        "queries": asked_again,
        "cold_queries": asked,
        "bytes": len(answer.content),
        "bare_bytes": bytes_of_bare,
    }


def record_elsewhere():
    """As an act in the last province would, before the worker has counted it."""
    ChangeSet.objects.create(title="bench")
    Touched.objects.mark(
        Agency.objects.filter(parent=None).order_by("-path").values_list("pk", flat=True)[:1]
    )


@contextmanager
def finished(user, address):
    """Inside, the template and the context of the page that is made are kept for the bare page, all lazy values worked out."""
    made = kept.render_to_string

    def keep(template, values):
        own = {name: value for name, value in values.items() if name != "frame"}
        if isinstance(own.get("view"), Viewpoint):
            # Its list of scopes is a question to the database; here it is an answer.
            view = own["view"] = copy.copy(own["view"])
            view.__class__ = type("Answered", (Viewpoint,), {"scopes": view.scopes})
        request = RequestFactory().get(address)
        request.user = user
        frame = {
            name: list(value)
            if name in ("nav", "nav_admin")
            else str(value)
            if name == "role_text"
            else value
            for name, value in site(request).items()
        }
        frame["unread_notices"] = 0
        urls.BARE.update(template=template, values=own | frame | {"user": user, "csrf_token": "x" * 64})
        return made(template, values)

    kept.render_to_string = keep
    try:
        yield
    finally:
        kept.render_to_string = made
