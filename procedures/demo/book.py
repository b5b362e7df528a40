"""The diary of the register's own time: what was recorded, month by month, written set-based.

Every month's entries are one change set, as if the lead agency had kept the register from the
beginning. Acts through the real doors stand between them (`loading`), so that each agency's
history runs in the order of time.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.history import change_of, open_change_set, record_many, snapshot
from agencies.models.history import Door
from agencies.models.tree import reserve_ids
from procedures.demo.assignment import OPENED_ON, WAITING_BELOW, dice, moment, working_day
from procedures.demo.papers import number, paper, signer, training
from procedures.lifecycle import Acceptance, Stage
from procedures.models import (
    AgencyProcedure,
    Declaration,
    Document,
    Milestone,
    PastApplication,
    Precision,
    Redeclaration,
    Rollout,
)

WAITING = 12
RETURNED = 3
RETURN_NOTE = "Thông báo thiếu số và ngày ký, đề nghị bổ sung."


@dataclass(eq=False)
class Line:
    """What was recorded about one unit in one go."""

    code: str
    recorded_at: object
    documents: list
    declaration: Declaration | None = None
    milestone: Milestone | None = None
    # The duties were under the declared standard before the register began.
    is_applied: bool = False

    @property
    def entries(self):
        """The declaration and its milestone share their confirmation."""
        return [entry for entry in (self.declaration, self.milestone) if entry is not None]

    @property
    def day(self):
        return timezone.localdate(self.recorded_at)


class Book:
    """Collects lines, then writes them up to a day. `users` is empty where there are no accounts."""

    def __init__(self, agencies, standards, duties, users):
        self.agencies, self.standards, self.duties, self.users = agencies, standards, duties, users
        self.coordinator = users.get("dieuphoi")
        self.staff = {
            agencies[code].path: users.get(username)
            for username, code in (
                ("sotuphap", "H31.02"),
                ("vanlam", "H31.325"),
                ("lacdao", "H31.325.11989"),
            )
        }
        self.lines, self.past, self.courses = [], [], {}
        # Reserved once: SQLite would give the same numbers again before they are stored.
        self.past_numbers = iter(reserve_ids(PastApplication, sum(map(len, duties.values()))))
        # The unit's rollout now: another one after it was carried over.
        self.rollouts = {}

    # Collecting

    def early(self, declarations):
        """Declarations from before, on record when the register begins or soon after they were made."""
        for early in declarations:
            agency = self.agencies[early.code]
            declaration = Declaration(
                agency=agency,
                standard=self.standards[early.standard],
                declared_on=early.on,
                precision=Precision(early.precision),
                number=number(agency, "decision", early.on) if early.has_number else "",
                signer=signer(agency) if early.has_number else "",
                reason=Redeclaration.FIRST,
            )
            if early.precision == Precision.DAY:
                declaration.notified_on = declaration.posted_on = early.on + timedelta(days=7)
            declaration.derive()
            day = max(early.on + timedelta(days=2), OPENED_ON)
            line = Line(early.code, moment(day, early.code), [], declaration)
            if early.on < OPENED_ON:
                line.is_applied = True
                self.apply(declaration)
            self._enter(line)

    def undertaking(self, undertaking):
        """Every milestone of one undertaking, the last of them with its declaration."""
        agency = self.agencies[undertaking.code]
        steps = undertaking.steps
        for stage, day in steps.items():
            delay = dice(undertaking.code, stage, "delay").randint(0, 6)
            if undertaking.carried_on and day < undertaking.carried_on:
                delay = 0  # on record before the rollout goes on in another year
            recorded_on = max(working_day(day + timedelta(days=delay)), day)
            milestone = Milestone(stage=stage, rank=stage.rank, reached_on=day)
            line = Line(undertaking.code, moment(recorded_on, undertaking.code, stage), [])
            line.milestone = milestone
            if stage == Stage.TRAINED:
                milestone.document = self._course(day)
            elif stage != Stage.DECLARED or undertaking.has_number:
                milestone.document = paper(agency, stage, day)
            if milestone.document is not None:
                line.documents.append(milestone.document)
            if stage == Stage.DECLARED:
                milestone.declaration = line.declaration = self._declaration(undertaking, milestone.document)
            self._enter(line)

    def _course(self, day):
        month = day.replace(day=1)
        if month not in self.courses:
            self.courses[month] = training(self.agencies["H31.13"], month)
        return self.courses[month]

    def _declaration(self, undertaking, document):
        agency = self.agencies[undertaking.code]
        day = undertaking.declared_on
        notified_on = undertaking.steps.get(Stage.NOTIFIED)
        declaration = Declaration(
            agency=agency,
            standard=self.standards[2015],
            declared_on=day,
            number=number(agency, "decision", day) if undertaking.has_number else "",
            signer=signer(agency) if undertaking.has_number else "",
            document=document,
            reason=Redeclaration.FIRST if undertaking.form == "BUILD" else Redeclaration.NEW_STANDARD,
            notified_on=notified_on,
            posted_on=notified_on,
        )
        declaration.derive()
        return declaration

    def _enter(self, line):
        """The person nearest to the unit records it, the lead agency confirms it soon after."""
        path = self.agencies[line.code].path
        near = [p for p in self.staff if path.startswith(p)]
        person = self.staff[max(near, key=len)] if near else None
        for entry in line.entries:
            entry.recorded_by = person or self.coordinator
            entry.recorded_at = line.recorded_at
            entry.acceptance = Acceptance.ACCEPTED
            entry.reviewed_by = self.coordinator
            days = dice(line.code, "review", line.recorded_at).randint(1, 5) if near else 0
            entry.reviewed_at = line.recorded_at + timedelta(days=days)
        self.lines.append(line)

    def leave_some_open(self):
        """The latest entries of one district wait for the lead agency; a few notices were returned."""
        top = self.agencies[WAITING_BELOW].path
        below = [x for x in self.lines if x.milestone and self.agencies[x.code].path.startswith(top)]
        below.sort(key=lambda x: x.recorded_at)
        notices = [x for x in below if x.milestone.stage == Stage.NOTIFIED]
        for line in notices[:RETURNED]:
            line.milestone.acceptance = Acceptance.RETURNED
            line.milestone.review_note = RETURN_NOTE
        waiting = [x for x in below if x.milestone.acceptance == Acceptance.ACCEPTED][-WAITING:]
        for line in waiting:
            for entry in line.entries:
                entry.acceptance = Acceptance.UNREVIEWED
                entry.reviewed_by = entry.reviewed_at = None

    # Writing

    def write_until(self, day=None):
        """Write the lines recorded before a day, one change set for each month; None: all the rest."""
        due = [x for x in self.lines if day is None or x.day < day]
        self.lines = [x for x in self.lines if day is not None and x.day >= day]
        due.sort(key=lambda x: (x.recorded_at, x.code))
        milestones = [x.milestone for x in due if x.milestone]
        for line in due:
            if line.milestone:
                line.milestone.rollout = self.rollouts[line.code]
        documents = {id(d): d for x in due for d in x.documents if d.pk is None}.values()
        Document.objects.bulk_create(documents, batch_size=500)
        unwritten = {d.pk for d in documents}
        Declaration.objects.bulk_create([x.declaration for x in due if x.declaration], batch_size=500)
        Milestone.objects.bulk_create(milestones, batch_size=500)
        changes = []
        for month, in_month in groupby(due, key=lambda x: x.day.replace(day=1)):
            lines = list(in_month)
            change_set = open_change_set(
                _("Demonstration data: entries of %(month)s") % {"month": f"{month:%m/%Y}"},
                by=self.coordinator,
                door=Door.COMMAND,
            )
            change_set.made_at = lines[-1].recorded_at
            change_set.save(update_fields=["made_at"])
            for line in lines:
                for document in line.documents:
                    if document.pk in unwritten:
                        unwritten.remove(document.pk)
                        changes.append(change_of(change_set, document))
                if line.declaration and not line.is_applied:
                    changes += self.apply(line.declaration, change_set)
                changes += [change_of(change_set, entry) for entry in line.entries]
        record_many(changes)
        Rollout.refresh_derived({m.rollout for m in milestones})

    def apply(self, declaration, change_set=None):
        """Put a unit's duties under the declared standard, in memory. Returns the lines of history.

        Without a change set the duties are about to be entered, and there are none.
        """
        rows, past = [], []
        for place, duty in enumerate(self.duties[declaration.agency.code], start=1):
            procedure = duty.procedure
            # What comes into force later is under ISO from that day.
            on = max(declaration.declared_on, procedure.effective_on or declaration.declared_on)
            if procedure.repealed_on and procedure.repealed_on <= on:
                continue
            before = snapshot(duty)
            if duty.standard_id and duty.applied_on < on:
                past.append(
                    PastApplication(
                        pk=next(self.past_numbers),
                        agency_procedure=duty,
                        standard=duty.standard,
                        applied_on=duty.applied_on,
                        until=on,
                    )
                )
            duty.standard, duty.applied_on = declaration.standard, on
            duty.document_code = f"QT-{place:02d}"
            rows.append((duty, before))
        self.past += past
        if change_set is None:
            return []
        for duty, _before in rows:
            duty.version += 1
        return [change_of(change_set, row) for row in past] + [
            change_of(change_set, duty, before=before) for duty, before in rows
        ]

    def close(self):
        """Store the duties as they are in the end."""
        AgencyProcedure.objects.bulk_create(
            (duty for own in self.duties.values() for duty in own), batch_size=2_000
        )
        PastApplication.objects.bulk_create(self.past, batch_size=2_000)
