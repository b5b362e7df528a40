"""What every page shows: navigation by role, the province's name, the notice of the demonstration."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies.access import roles_anywhere
from agencies.models import Role
from procedures.lifecycle import KEEPERS, RECORDERS
from procedures.work import counts as counts_of
from procedures.work import works
from reports.views.board import opens_with_work

ADMINISTER = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})


def site(request):
    """Lazy: a page without the frame, such as a fragment, asks the database nothing."""
    return {
        "province_name": settings.PROVINCE_NAME,
        "lead_agency_name": settings.LEAD_AGENCY_NAME,
        "demo_notice": settings.DEMO_NOTICE,
        "today": timezone.localdate(),
        "nav": SimpleLazyObject(lambda: _items(request, _main(request))),
        "unread_notices": SimpleLazyObject(lambda: _unread(request)),
        "nav_admin": SimpleLazyObject(lambda: _items(request, _admin(_roles(request)))),
        "role_text": SimpleLazyObject(lambda: ", ".join(str(r.label) for r in Role if r in _roles(request))),
    }


def _roles(request):
    user = getattr(request, "user", None)
    return roles_anywhere(user) if user is not None and user.is_authenticated else set()


def _unread(request):
    user = getattr(request, "user", None)
    return counts_of(user, timezone.localdate()).unread if user is not None and user.is_authenticated else 0


def _main(request):
    """(address's name, label, icon, count). The counts cost one query together."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    counts = counts_of(user, timezone.localdate())
    mine = [("start", _("My work"), "clipboard-document-check", counts.to_do)] if works(user) else []
    if KEEPERS & _roles(request):
        mine.append(("acceptance", _("Entries to be confirmed"), "check-badge", counts.waiting))
    items = [
        *mine,
        ("notices", _("Notices"), "bell", counts.unread),
        ("board", pgettext("navigation", "Board"), "squares-2x2"),
        ("plans", _("Plan"), "flag"),
        ("conversion", pgettext("to another standard", "Conversion"), "arrow-path"),
        ("agencies", _("Agencies"), "building-library"),
        ("procedures", _("Procedures"), "document-text"),
        ("documents", _("Documents"), "paper-clip"),
        ("reports", _("Reports"), "document-chart-bar"),
    ]
    if RECORDERS & _roles(request):
        items.append(("workbooks", _("Excel workbooks"), "table-cells"))
    return items


def _admin(roles):
    items = []
    if roles & ADMINISTER:
        items.append(("imports", _("Import from spreadsheets"), "arrow-up-tray"))
    if Role.ADMINISTRATOR in roles:
        items.append(("people", _("People"), "users"))
    if roles:
        items.append(("change_sets", _("History of changes"), "clock"))
    if roles & ADMINISTER:
        items.append(("admin:index", _("Dictionaries"), "adjustments-horizontal"))
    return items


def _items(request, entries):
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    # Without work of one's own, and for a kept address of figures, the start page is the board.
    here = getattr(request, "belongs_to", request.path)
    if here == "/" and not opens_with_work(request):
        here = reverse("board")
    found = []
    for name, label, icon, *count in entries:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = here == "/" or here.startswith("/viec-cua-toi/") if url == "/" else here.startswith(url)
        found.append(
            {"url": url, "label": label, "icon": icon, "current": current, "count": count[0] if count else 0}
        )
    return found
