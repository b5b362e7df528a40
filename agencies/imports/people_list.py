"""Lists of people: accounts with a role at an agency."""

import re
from dataclasses import replace

from django.contrib.auth.hashers import make_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from agencies.history import change_of, record_many
from agencies.models import Agency, Membership, Role, User
from iso_rollout.sheets import Field
from iso_rollout.sheets.examples import PEOPLE
from iso_rollout.text import fold

from .checked import CHANGED, NEW, UNCHANGED, Difference
from .kinds import about_agencies, cell_of
from .naming import Naming
from .records import Draft, RecordList, in_batches, write_drafts
from .register import Register
from .workbooks import ROLES

_ROLES = {
    Role.VIEWER: ("nguoi xem", "xem", "lanh dao", "theo doi"),
    Role.EDITOR: ("nguoi ghi", "nguoi cap nhat", "cap nhat", "nhap lieu", "bien tap", "can bo", "thu ky iso"),
    Role.COORDINATOR: ("dieu phoi", "nguoi dieu phoi", "dau moi", "chu tri"),
    Role.ADMINISTRATOR: ("quan tri", "quan tri vien", "nguoi quan tri"),
}
_PLAIN = ("full_name", "email", "phone", "position")


def _sheet():
    """A person with several roles stands in several rows."""
    sheet = about_agencies(PEOPLE, "username", filled=("code", "name"), grouped=("code", "name"))
    position = Field(
        "position", "Chức vụ", aliases=("chức danh",), max_length=150, avoid=("cơ quan", "đơn vị")
    )
    return replace(sheet, fields=(*sheet.fields[:4], position, *sheet.fields[4:]))


class PeopleList(RecordList):
    """User name, name, mail, telephone, position, role, agency. New accounts have no password yet."""

    name = "people"
    title = _("People")
    sheet = _sheet()
    model = User
    roles = frozenset({Role.ADMINISTRATOR})
    columns = ("username", "full_name", "email", "phone", "position", "role", "code", "name")

    def rows(self, *, user, on, options=None, among=None):
        people = User.objects.all() if user is None else User.objects.kept_by(user)
        if among is not None:
            people = people.filter(pk__in=among.order_by().values("pk"))
        held = Membership.objects.in_force(on).select_related("agency").order_by("id")
        for person in people.order_by("sort_key", "id").prefetch_related(
            Prefetch("memberships", held, "held_now")
        ):
            plain = (person.username, person.full_name, person.email, person.phone, person.position)
            for grant in person.held_now:
                yield *plain, ROLES[grant.role], grant.agency.code, grant.agency.name
            if not person.held_now:
                yield *plain, None, None, None

    def judge(self, reading, *, user, on, options):
        checked = self.start(reading, on)
        naming = Naming(checked, Register(on, user=user, roles=self.roles), options)
        names = {row.values["username"].casefold() for row in reading.rows if "username" in row.values}
        taken = {u.username.casefold(): u for u in User.objects.all() if u.username.casefold() in names}
        kept = set(taken)
        if user is not None:
            kept = {u.username.casefold() for u in User.objects.kept_by(user)}
        ids = [u.pk for u in taken.values()]
        grants = {}
        for grant in in_batches(Membership.objects.order_by(), "user", ids):
            grants.setdefault((grant.user_id, grant.role, grant.agency_id), []).append(grant)
        drafts, seen = {}, {}
        for row in reading.rows:
            username = row.values.get("username")
            if not username:
                checked.lines.append(
                    self.line(row, None, label=row.values.get("full_name", ""), record={}, key="username")
                )
                continue
            key = username.casefold()
            known = taken.get(key)
            draft = drafts.get(key)
            if draft is None:
                draft = drafts[key] = Draft(known or User(username=username, password=make_password(None)))
            problems = len(checked.errors)
            if known is not None and key not in kept:
                self.error(checked, "E_USERNAME", "This user name cannot be given.", row, "username")
            self._read(checked, row, draft)
            grant = self._grant(checked, row, naming, draft, grants)
            place = (key, *(grant[:2] if grant else ("", None)))
            first = seen.setdefault(place, row)
            if first is not row:
                self.error(checked, "E_DUP", "“%(name)s” stands in row %(row)s already.", row, "username",
                           name=username, row=first.number)  # fmt: skip
            is_fine = len(checked.errors) == problems
            checked.lines.append(self._line(row, draft if is_fine else None, grant, label=username))
        return checked

    def _read(self, checked, row, draft):
        for name in _PLAIN:
            if value := row.values.get(name):
                draft.values.setdefault(name, _whole(value)[:30] if name == "phone" else value[:254])
        username = row.values["username"]
        try:
            UnicodeUsernameValidator()(username)
        except ValidationError:
            self.error(
                checked,
                "E_USERNAME",
                "A user name holds letters, digits and @ . + - _ only.",
                row,
                "username",
            )
        if email := row.values.get("email"):
            try:
                validate_email(email)
            except ValidationError:
                self.error(checked, "E_EMAIL", "“%(value)s” is no mail address.", row, "email", value=email)
        if draft.is_new and not draft.values.get("full_name"):
            self.error(checked, "E_REQUIRED", "A new person needs a name.", row, "full_name")

    def _grant(self, checked, row, naming, draft, grants):
        """(role, agency id, whether it is new) that a row asks for, or None."""
        written = row.values.get("role")
        if not written:
            return None
        role = role_of(written)
        if role is None:
            self.error(checked, "E_ROLE_UNKNOWN", "“%(value)s” is no role.", row, "role", value=written)
            return None
        known = naming.agency_of(row)
        if known is None:
            return None
        held = grants.get((draft.instance.pk, role, known.id), []) if not draft.is_new else []
        # A grant that ended is not given again by a list that still names it: that is a person's decision.
        return role, known.id, not held

    def _line(self, row, draft, grant, *, label):
        record = {"username": label}
        if draft is not None:
            record |= {name: draft.values.get(name, getattr(draft.instance, name)) for name in _PLAIN}
        line = self.line(row, draft, label=label, record=record, key="username")
        if draft is not None and grant is not None:
            role, agency_id, is_new = grant
            record |= {"role": role.value, "agency_id": agency_id}
            line.agency_id = agency_id
            if is_new and line.outcome in (UNCHANGED, CHANGED):
                line.outcome = CHANGED
                line.differences = (
                    *line.differences,
                    Difference("role", str(_("role")), "", str(role.label), row.cell("role")),
                )
            line.how = "new grant" if is_new else ""
        return line

    def write(self, checked, *, change_set, by, options):
        first = {}
        for line in checked.lines:
            if line.plan is not None:
                first.setdefault(id(line.plan), line)
        write_drafts(User, first.values(), change_set=change_set)
        agencies = {
            a.pk: a
            for a in in_batches(
                Agency.objects.all(), "pk", {x.agency_id for x in checked.lines if x.agency_id}
            )
        }
        made = []
        for line in checked.lines:
            if line.how == "new grant" and line.outcome in (NEW, CHANGED):
                grant = Membership(
                    user=line.plan.instance, role=line.record["role"], agency=agencies[line.agency_id]
                )
                made.append((grant, line))
        Membership.objects.bulk_create([grant for grant, _line in made], batch_size=500)
        record_many(change_of(change_set, grant, cell=cell_of(line)) for grant, line in made)


def _whole(phone):
    """A telephone number with the zero in front that a spreadsheet drops from a number."""
    return f"0{phone}" if re.fullmatch("[1-9][0-9]{8}", phone) else phone


def role_of(text):
    """ "Điều phối", "coordinator" → the role; None when no role is called so."""
    folded = fold(text)
    for role in Role:
        if folded in (role.value, fold(str(role.label)), *_ROLES[role]):
            return role
    return None
