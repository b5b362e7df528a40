"""The public page and its files: open to everybody where `PUBLIC_PAGE` is on, and not there where it is off."""

import json
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from iso_rollout.sheets.streamed import stream_csv
from reports.public import rows
from reports.public.forms import PublicFilter

PER_PAGE = 50
KEPT_SECONDS = 600  # a copy of the list may be so old


def public(view):
    """Without signing in, and for a while from the copy of a proxy. The address is not there while the page is off."""
    view = require_safe(view)

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def shown(request, *args, **kwargs):
        if not settings.PUBLIC_PAGE:
            raise Http404
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
        return response

    return shown


@public
def public_list(request):
    """The declared units of today, confirmed by the lead agency, by search and place."""
    on = timezone.localdate()
    form, units, provinces = _asked(request, on)
    page = Paginator(units, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "reports/public.html",
        {
            "on": on,
            "form": form,
            "page_obj": page,
            "units": rows.told(page.object_list, on),
            "several_provinces": len(provinces) > 1,
            "is_first_page": not request.GET,
        },
        status=200 if form.is_valid() else 422,
    )


def _asked(request, on):
    """(form, units, provinces) of an address: what cannot be understood leaves the whole list and an error."""
    provinces = rows.provinces(on)
    chosen = next((p for p in provinces if p.word == request.GET.get("tinh")), None)
    province = chosen if len(provinces) > 1 else next(iter(provinces), None)
    districts = rows.districts(on, province) if province else []
    form = PublicFilter(request.GET, provinces=provinces, districts=districts)
    wanted = form.cleaned_data if form.is_valid() else {}
    district = next((d for d in districts if d.word == wanted.get("huyen")), None)
    units = rows.declared_units(
        on, within=district or chosen, level=wanted.get("cap", ""), text=wanted.get("q", "")
    )
    return form, units, provinces


@public
def public_file(request, form):
    """The same list, whole, as `form`: "csv" or "json"."""
    on = timezone.localdate()
    filter_form, units, _provinces = _asked(request, on)
    if not filter_form.is_valid():
        raise Http404
    told = rows.told_in_turn(units, on)
    answer = StreamingHttpResponse(_csv(told) if form == "csv" else _json(told, on))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    name = f"don-vi-da-cong-bo-{on:%Y-%m-%d}.{form}"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def _csv(told):
    titles = [
        _("Agency"), _("Level"), _("Governing body"), _("Number of the declaration"), _("Declared on"),
        _("Standard"), _("Procedures covered"),
    ]  # fmt: skip
    return stream_csv(
        titles, ((u.name, u.level, u.above, u.number, u.day, u.standard, u.scope) for u in told)
    )


def _json(told, on):
    yield f'{{"on": "{on.isoformat()}", "units": ['
    for number, unit in enumerate(told):
        yield ("," if number else "") + "\n" + json.dumps(vars(unit), ensure_ascii=False)
    yield "\n]}\n"


@login_not_required
@require_safe
def robots(request):
    """What search engines may read: the public page where there is one, and nothing else."""
    open_to_all = "Allow: /cong-khai/\nAllow: /static/\n" if settings.PUBLIC_PAGE else ""
    return HttpResponse(f"User-agent: *\n{open_to_all}Disallow: /\n", content_type="text/plain")
