"""From where and for which day a page looks at the register: scope, date and which entries count, as the URL says them."""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.access import past_of, provinces_of, seen_by, top_agency, who_sees
from agencies.models import Agency
from agencies.models.tree import SEGMENT, in_subtree
from iso_rollout.statements import kept

CONFIRMED_ONLY = "xacnhan"  # the parameter of the switch: 1 leaves out what is not confirmed


class DayField(forms.DateField):
    """A day typed as dd/mm/yyyy (2020-12-31 is understood too), never in the future."""

    default_error_messages = {
        "invalid": _("Write the day as dd/mm/yyyy, such as 31/12/2020."),
        "future": _("The day lies in the future."),
        "past": _("The day lies too far back."),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault(
            "widget",
            forms.DateInput(
                format="%d/%m/%Y",
                attrs={
                    "inputmode": "numeric",
                    "placeholder": "dd/mm/yyyy",
                    "autocomplete": "off",
                    "size": 10,
                },
            ),
        )
        kwargs.setdefault("input_formats", ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"])
        super().__init__(**kwargs)

    def clean(self, value):
        day = super().clean(value)
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(self.error_messages["future"], code="future")
        if day is not None and day.year < 1990:
            raise forms.ValidationError(self.error_messages["past"], code="past")
        return day


class ViewpointForm(forms.Form):
    """The day in the bar above every page of figures."""

    on = DayField(required=False, label=_("Figures as of"))


@dataclass
class Viewpoint:
    """What a page shows: the subtree of `scope` on the day `on`. `scope` is None for a person without grants.

    `confirmed_only`: entries that the lead agency has not confirmed are left out. `provinces`: those that the person
    sees, where they are several; `is_whole`: the page shows all of them, and `scope` is None.
    """

    scope: Agency | None
    on: datetime.date
    today: datetime.date
    form: ViewpointForm
    user: object
    is_top: bool = True
    confirmed_only: bool = False
    provinces: tuple = ()
    is_whole: bool = False

    def narrowed(self, rows):
        """Agencies of the scope among those that the person sees."""
        if self.scope is None:
            return rows if self.is_whole else rows.none()
        return rows.within(self.scope)

    @property
    def scope_name(self):
        return str(_("All provinces")) if self.is_whole else self.scope.name if self.scope else ""

    @property
    def is_today(self):
        return self.on == self.today

    def query(self, **more):
        """The query string that keeps scope, day and switch, with further parameters; empty ones are left out."""
        own = {
            # Without a scope an address means the first province, and all of them where there are several.
            "agency": None if self.scope is None or (self.is_top and not self.provinces) else self.scope.pk,
            "on": None if self.is_today else f"{self.on:%d/%m/%Y}",
            CONFIRMED_ONLY: "1" if self.confirmed_only else None,
        }
        return "?" + "&".join(_pair(k, v) for k, v in (own | more).items() if v not in (None, ""))

    # For the bar (templates/_scope_bar.html)

    @property
    def scopes(self):
        """The agencies that have others below, as far as the person sees them."""
        province = self.scope.path[:SEGMENT] if self.scope else None
        rows = _parents(seen=seen_by(self.user), several=bool(self.provinces), province=province)
        rows = [(pk, name, len(path)) for pk, name, path in rows]
        if self.scope is not None and all(pk != self.scope.pk for pk, _name, _depth in rows):
            rows.append((self.scope.pk, self.scope.name, len(self.scope.path)))
        top = min((depth for _pk, _name, depth in rows), default=0)
        every = (
            [{"value": "", "label": _("All provinces"), "current": self.is_whole}] if self.provinces else []
        )
        return every + [
            {
                "value": str(pk),  # a number would be grouped: 12.345
                # No-break spaces: an option list has no other way to show the tree.
                "label": "\u00a0" * 3 * ((depth - top) // SEGMENT) + name,
                "current": self.scope is not None and pk == self.scope.pk,
            }
            for pk, name, depth in rows
        ]

    @property
    def on_error(self):
        errors = self.form.errors.get("on")
        return errors[0] if errors else ""

    @property
    def on_text(self):
        return self.form.data.get("on", "")

    @property
    def status(self):
        """200, or 422 when the day could not be read."""
        return 422 if self.on_error else 200


@lru_cache(maxsize=10_000)  # a page has hundreds of addresses, of the same few values
def _pair(name, value):
    return urlencode({name: value}, safe="/,")


@kept(also=lambda seen, province, **_rest: past_of(seen, province))
def _parents(seen, several, province):
    """Agencies with others below, in the order of the tree. `several`: the person sees more than one province."""
    below = Exists(Agency.objects.filter(parent=OuterRef("pk")))
    parents = Agency.objects.visible_to(who_sees(seen)).not_void().filter(below)
    if several:
        # A country has more parents than a list shows: the provinces, and what lies below the one that is shown.
        parents = parents.filter(Q(parent=None) | in_subtree(province) if province else Q(parent=None))
    return parents.order_by("path").values_list("pk", "name", "path")[:400]


@kept(also=lambda seen, **_rest: past_of(seen))
def _seen(pk, seen):
    return Agency.objects.visible_to(who_sees(seen)).not_void().filter(pk=pk)


def viewpoint(user, params, *, whole=False, home=None):
    """Read scope, day and switch from a page's parameters `agency` (a number), `on` (dd/mm/yyyy) and `xacnhan` (1).

    Without them: the highest agency that the person sees, today; with `whole`, a page that can show them, all provinces
    of a person who sees several. A page of something that is one province's names that agency as `home`: whoever sees
    several provinces is shown that one first. A day that cannot be read leaves today and an error in the form. Raises
    Agency.DoesNotExist for a scope that the person does not see, as for one that does not exist.
    """
    today = timezone.localdate()
    seen = provinces_of(user)
    provinces = tuple(seen) if len(seen) > 1 else ()
    scope = top = seen[0] if seen and user.is_superuser else top_agency(user)
    given = params.get("agency", "").strip()
    if home is not None and provinces and not given:
        given = str(home.pk)
    is_whole = whole and bool(provinces) and not given
    if is_whole:
        scope = None
    elif given:
        if not given.isdecimal() or len(given) > 18:
            raise Agency.DoesNotExist
        if top is None or top.pk != int(given):
            found = _seen(pk=int(given), seen=seen_by(user))
            if not found:
                raise Agency.DoesNotExist
            (scope,) = found
    # The field always says which day is shown.
    form = ViewpointForm({"on": params.get("on", "").strip() or f"{today:%d/%m/%Y}"})
    form.full_clean()
    on = form.cleaned_data.get("on") or today
    if form.is_valid():
        form.data = {"on": f"{on:%d/%m/%Y}"}
    only = params.get(CONFIRMED_ONLY) == "1"
    return Viewpoint(scope, on, today, form, user, scope is top, only, provinces, is_whole)
