"""What a bulk edit would do with each row. Plain values; nothing is written."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

WILL, SAME, REFUSED = "will", "same", "refused"

# What to do about a refusal, by the input at fault.
REMEDIES = {
    "on": _("Choose another day, or correct the other milestone on the page of the agency."),
    "stage": _("Record or correct it on the page of the agency."),
    "agency": _("Leave it out."),
    "year": _("Choose another year."),
    "due_on": _("Choose another due day."),
}
LEAVE_OUT = _("Leave it out, or look at it on the page of the agency.")


@dataclass(slots=True)
class Line:
    """One row. `plan` is the act's own: what it needs to write the line; `gaps` warn and do not stop."""

    pk: int
    agency: object
    what: str
    before: str = ""
    after: str = ""
    outcome: str = WILL
    why: str = ""
    remedy: str = ""
    gaps: tuple = ()
    version: int = 0
    plan: object = None
    where: str = ""  # the agency above, for the page that is shown

    def refuse(self, refused, remedy=""):
        """Keep why a door would refuse the row, and what can be done about it."""
        field_ = getattr(refused, "field", None)
        self.outcome, self.why = REFUSED, str(refused)
        self.remedy = str(remedy or REMEDIES.get(field_, LEAVE_OUT))
        return self


@dataclass
class Preview:
    """What an edit would do now, row by row."""

    lines: list = field(default_factory=list)

    @property
    def counts(self):
        found = Counter(line.outcome for line in self.lines)
        return {outcome: found[outcome] for outcome in (WILL, SAME, REFUSED)}

    def of(self, outcome):
        return [line for line in self.lines if not outcome or line.outcome == outcome]

    @property
    def digest(self):
        """Of what was shown: two previews with the same digest write the same."""
        told = [(o.pk, o.version, o.outcome, o.what, o.before, o.after, o.why) for o in self.lines]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
