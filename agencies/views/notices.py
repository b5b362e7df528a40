"""Notices in the register: the page of them, reading one, and how each kind reaches a person."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Notice

PER_PAGE = 50


@require_safe
def notices(request):
    """What the person was told, the latest first."""
    told = Notice.objects.visible_to(request.user).select_related("agency")
    page = Paginator(told, PER_PAGE).get_page(request.GET.get("page"))
    unread = sum(notice.read_at is None for notice in page.object_list)
    return render(request, "agencies/notices.html", {"page_obj": page, "unread": unread})


@require_safe
def notice(request, pk):
    """Open what a notice leads to; it is read then."""
    told = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    Notice.objects.filter(pk=told.pk).mark_read()
    return redirect(told.url or "notices")


@require_POST
def read_notices(request):
    """Mark one notice as read, or all that the person had before them."""
    told = Notice.objects.visible_to(request.user)
    one, last = request.POST.get("notice", ""), request.POST.get("until", "")
    if one.isdecimal() and len(one) <= 18:
        told = told.filter(pk=int(one))
    elif last.isdecimal() and len(last) <= 18:
        # Whatever came in meanwhile has not been seen.
        told = told.filter(pk__lte=int(last))
    else:
        told = told.none()
    if n := told.mark_read():
        words = ngettext("%(n)s notice is marked as read.", "%(n)s notices are marked as read.", n)
        messages.success(request, words % {"n": number_format(n)})
    else:
        messages.info(request, _("They were read already."))
    return redirect("notices")
