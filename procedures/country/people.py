"""The people of a province: who keeps the plan, who looks, and who records for each district."""

from agencies.models import Level, Membership, Role, User

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý")
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Thu", "Quốc", "Thanh", "Hồng")
GIVEN = (
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hà",
    "Hải",
    "Hùng",
    "Lan",
    "Linh",
    "Nam",
    "Phương",
    "Sơn",
    "Trang",
)
# At the provincial committee, so that the roles flow down the whole province.
OF_PROVINCE = (
    ("dieuphoi", Role.COORDINATOR, "Chuyên viên Sở Khoa học và Công nghệ"),
    ("quantri", Role.ADMINISTRATOR, "Quản trị hệ thống"),
    ("lanhdao", Role.VIEWER, "Lãnh đạo UBND tỉnh"),
)


def _person(agency, word, position, password, random):
    return User(
        username=f"{agency.code.lower()}.{word}",
        full_name=" ".join(random.choice(names) for names in (FAMILY, MIDDLE, GIVEN)),
        position=position,
        email=f"{agency.code.lower()}.{word}@example.gov.vn",
        password=password,
    )


def enter_people(agencies, password, random):
    """The people of one province; `password` is encoded already. Returns its coordinator and {agency: editor}."""
    top = agencies[0]
    grants = [
        (_person(top, word, position, password, random), role, top) for word, role, position in OF_PROVINCE
    ]
    grants += [
        (_person(a, "capnhat", "Công chức Văn phòng HĐND và UBND", password, random), Role.EDITOR, a)
        for a in agencies
        if a.level == Level.DISTRICT
    ]
    User.objects.bulk_create([user for user, _role, _agency in grants])
    Membership.objects.bulk_create(
        [Membership(user=user, role=role, agency=agency) for user, role, agency in grants]
    )
    editors = {agency.pk: user for user, role, agency in grants if role == Role.EDITOR}
    return grants[0][0], editors
