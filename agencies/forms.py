"""What a person types about people, their roles and the history."""

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.utils.translation import gettext_lazy as _

from agencies.access import grants
from agencies.models import Agency, Channel, NoticeKind, Role, User, Weekly
from agencies.models.history import Door
from agencies.models.notices import USUAL, WEEKLY, channel, weekly
from agencies.viewpoint import DayField
from iso_rollout.text import clean, fold, tone_key

FEW = 6  # agencies that an error message names


class CleanCharField(forms.CharField):
    """One line of text as it is stored: NFC, single spaces, nothing invisible."""

    def to_python(self, value):
        return clean(super().to_python(value))


class SignInForm(AuthenticationForm):
    """Account and password. A longer name than any account has goes no further than the form."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("Account or password is wrong. Capital and small letters are told apart."),
    }
    username = UsernameField(
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class AnyDayField(DayField):
    """A day that may also lie ahead, such as the last day of a role."""

    def clean(self, value):
        day = forms.DateField.clean(self, value)
        if day is not None and not 1990 <= day.year <= 2199:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class AgencyField(CleanCharField):
    """An agency by code or name, among `queryset`. Never decides when more than one fits."""

    default_error_messages = {
        "unknown": _("No agency of yours has this code or name."),
        "several": _("Several agencies fit; write the code: %(agencies)s."),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", _("Code or name."))
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)
        self.queryset = Agency.objects.none()
        self.widget.attrs.setdefault("autocomplete", "off")

    def prepare_value(self, value):
        if isinstance(value, Agency):
            return value.code or value.name
        return value

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        known = self.queryset.not_void()
        found = list(known.filter(code=text.upper())[:FEW])
        if not found and fold(text):
            near = list(known.matching(text)[:50])
            exact = [a for a in near if tone_key(a.name) == tone_key(text)]
            found = exact or near
        # A code or name passes on to a successor: the agency that exists is meant.
        if len(found) > 1 and len(standing := [a for a in found if a.dissolved_on is None]) == 1:
            found = standing
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        if len(found) > 1:
            names = "; ".join(f"{a.name} ({a.code})" if a.code else a.name for a in found[:FEW])
            names += " …" if len(found) > FEW else ""
            raise forms.ValidationError(
                self.error_messages["several"], code="several", params={"agencies": names}
            )
        return found[0]


class SeenField(forms.IntegerField):
    """The version that the person was looking at."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs):
        super().__init__(min_value=1, **kwargs)


class ProfileForm(forms.ModelForm):
    """What a person says about themselves, and the language of their screens."""

    seen = SeenField()
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["full_name", "position", "phone", "email"]
        field_classes = {"full_name": CleanCharField, "position": CleanCharField, "phone": CleanCharField}

    def values(self):
        """Of the record, without version and language."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class NoticesForm(forms.Form):
    """How each kind of notice reaches the person."""

    seen = SeenField()

    def __init__(self, data=None, *, person):
        super().__init__(data, initial={"seen": person.version}, auto_id="id_notices_%s")
        for kind in NoticeKind:
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label, choices=Channel.choices, initial=channel(person.notice_choices, kind).value
            )
        roles = {grant.role for grant in grants(person)}
        self.usual_weekly = weekly({}, roles)
        self.fields[WEEKLY] = forms.ChoiceField(
            label=_("Each week: where my agencies stand"),
            choices=Weekly.choices,
            initial=weekly(person.notice_choices, roles).value,
            help_text=_("Figures, what is overdue and what changed, for each agency where you hold a role."),
        )

    def choices(self):
        """{kind: channel}, only where it is not as usual anyway."""
        chosen = {kind.value: self.cleaned_data[kind.value] for kind in NoticeKind}
        chosen = {kind: by for kind, by in chosen.items() if by != USUAL[NoticeKind(kind)]}
        by = self.cleaned_data[WEEKLY]
        return chosen | ({WEEKLY: by} if by != self.usual_weekly else {})


class PeopleSearchForm(forms.Form):
    q = CleanCharField(label=_("Search"), required=False, max_length=100)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All roles")), *Role.choices])


class WhyForm(forms.Form):
    """Why can or cannot this person see an agency?"""

    why = AgencyField(label=_("Agency"))

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["why"].queryset = agencies


class GrantForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    agency = AgencyField(label=_("At the agency"))
    starts_on = AnyDayField(
        label=_("First day"), required=False, help_text=_("Empty: as if it had always been so.")
    )
    ends_on = AnyDayField(label=_("Last day"), required=False, help_text=_("Empty: without an end."))
    reason = CleanCharField(label=_("Reason"), required=False, max_length=500)

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies


class EndGrantForm(forms.Form):
    seen = SeenField()
    on = AnyDayField(label=_("Last day"))


class ChangeSetFilterForm(forms.Form):
    who = CleanCharField(label=_("Who"), required=False, max_length=100)
    door = forms.ChoiceField(label=_("Door"), required=False, choices=[("", _("All doors")), *Door.choices])
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    at = AgencyField(label=_("Agency"), required=False, help_text="")

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"].queryset = agencies


class RestoreForm(forms.Form):
    """One value back: the version that the person saw (0: the record carries none), and why."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = CleanCharField(label=_("Reason"), max_length=500)


class UndoForm(forms.Form):
    reason = CleanCharField(label=_("Reason"), required=False, max_length=500)
