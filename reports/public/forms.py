"""What a visitor may ask of the public list."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.forms import CleanCharField
from agencies.models import Level


class PublicFilter(forms.Form):
    """Search and filters, as they stand in the address. `provinces`, `districts`: lists of `Place`.

    There is no choice of province where there is only one, nor of district where there is none.
    """

    q = CleanCharField(label=_("Search by name of the agency"), required=False, max_length=100)
    tinh = forms.ChoiceField(label=pgettext_lazy("place", "Province"), required=False)
    huyen = forms.ChoiceField(label=pgettext_lazy("place", "District"), required=False)
    cap = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All levels")), *Level.choices])

    def __init__(self, data, *, provinces, districts):
        super().__init__(data)
        for name, places, every in (
            ("tinh", provinces if len(provinces) > 1 else [], _("All provinces")),
            ("huyen", districts, _("All districts")),
        ):
            if places:
                self.fields[name].choices = [("", every), *((place.word, place.name) for place in places)]
            else:
                del self.fields[name]
        self.fields["q"].widget.attrs["autocomplete"] = "off"

    @property
    def is_filtered(self):
        return any(self.data.get(name) for name in self.fields)
