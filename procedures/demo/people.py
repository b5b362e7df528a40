"""One account for each role, only for a place where DEBUG is on."""

from dataclasses import dataclass

from agencies.history import record
from agencies.models import Agency, Membership, Role, User

PASSWORD = "Hung-Yen-2020"


@dataclass(frozen=True)
class Account:
    """A person to sign in as. `agency` is the code of the agency where the role is held."""

    username: str
    full_name: str
    position: str
    role: Role
    agency: str


ACCOUNTS = (
    Account("lanhdao", "Lãnh đạo UBND tỉnh (thử)", "Lãnh đạo", Role.VIEWER, "H31"),
    # The lead agency's role is held at the top, so that it flows down to every agency.
    Account("dieuphoi", "Điều phối Sở KH&CN (thử)", "Sở Khoa học và Công nghệ", Role.COORDINATOR, "H31"),
    Account("quantri", "Quản trị hệ thống (thử)", "Sở Khoa học và Công nghệ", Role.ADMINISTRATOR, "H31"),
    Account("sotuphap", "Cán bộ Sở Tư pháp (thử)", "Thư ký ISO", Role.EDITOR, "H31.02"),
    Account("vanlam", "Cán bộ UBND huyện Văn Lâm (thử)", "Thư ký ISO", Role.EDITOR, "H31.325"),
    Account("lacdao", "Cán bộ UBND xã Lạc Đạo (thử)", "Thư ký ISO", Role.EDITOR, "H31.325.11989"),
)


def accounts():
    """(username, role, agency name, password) of each account, for the terminal."""
    names = dict(Agency.objects.filter(dissolved_on=None).values_list("code", "name"))
    return [(a.username, a.role.label, names.get(a.agency, a.agency), PASSWORD) for a in ACCOUNTS]


def enter():
    """The accounts by username as users that are stored; the missing ones are made. (users, made)."""
    users = {u.username: u for u in User.objects.filter(username__in=[a.username for a in ACCOUNTS])}
    made = []
    for account in ACCOUNTS:
        if account.username not in users:
            user = User(username=account.username, full_name=account.full_name, position=account.position)
            user.set_password(PASSWORD)
            user.save()
            users[account.username] = user
            made.append(user)
    return users, made


def grant(made, agencies, change_set):
    """Give the accounts just made their roles, and write down that they were made."""
    made = {user.username: user for user in made}
    for account in ACCOUNTS:
        if account.username in made:
            record(change_set, made[account.username])
            membership = Membership.objects.create(
                user=made[account.username], role=account.role, agency=agencies[account.agency]
            )
            record(change_set, membership)
