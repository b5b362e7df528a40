"""From where and for which day a page looks at the register: scope and date, as the URL says them."""

import datetime
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.access import top_agency, visible_to
from agencies.models import Agency


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
                    "maxlength": 10,
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
    """The bar above every page of figures."""

    scope = forms.ModelChoiceField(Agency.objects.none(), required=False, label=_("Scope"), empty_label=None)
    on = DayField(required=False, label=_("As of"))


@dataclass(frozen=True)
class Viewpoint:
    """What a page shows: the subtree of `scope` on the day `on`. `scope` is None for a person without grants."""

    scope: Agency | None
    on: datetime.date
    today: datetime.date
    form: ViewpointForm

    @property
    def is_today(self):
        return self.on == self.today

    def query(self, **more):
        """The query string that keeps scope and day, with further parameters; empty ones are left out."""
        own = {"scope": self.scope.pk if self.scope else None, "on": None if self.is_today else f"{self.on:%d/%m/%Y}"}
        pairs = {k: v for k, v in (own | more).items() if v not in (None, "")}
        return "?" + urlencode(pairs, safe="/,") if pairs else "?"


def viewpoint(user, params):
    """Read scope and day from a page's parameters.

    Without them: the highest agency that the person sees, today. A day that cannot be read
    leaves today and an error in the form. Raises Agency.DoesNotExist for a scope that the
    person does not see, as for one that does not exist.
    """
    today = timezone.localdate()
    top = top_agency(user)
    visible = visible_to(user).not_void()
    scope = top
    if given := params.get("scope", "").strip():
        if not given.isdecimal() or len(given) > 18:
            raise Agency.DoesNotExist
        scope = top if top is not None and top.pk == int(given) else visible.get(pk=int(given))
    form = ViewpointForm({"scope": scope.pk if scope else None, "on": params.get("on", "").strip()})
    choices = visible.filter(children__isnull=False).distinct() if top is not None else visible.none()
    if scope is not None:
        choices = (choices | visible.filter(pk=scope.pk).distinct()).order_by("path")
    form.fields["scope"].queryset = choices
    form.full_clean()
    on = form.cleaned_data.get("on") or today
    return Viewpoint(scope, on, today, form)
