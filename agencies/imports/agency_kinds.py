"""What an agency is, read from its name: kind, level, and whose system covers it."""

import re

from agencies.models import Kind, Level
from iso_rollout.text import fold, level_of

COMMITTEES = {
    Level.PROVINCE: Kind.PROVINCIAL_COMMITTEE,
    Level.DISTRICT: Kind.DISTRICT_COMMITTEE,
    Level.COMMUNE: Kind.COMMUNE_COMMITTEE,
}
# Managed by a ministry, not by the province: TT 26/2014/TT-BKHCN Điều 4.2.
_VERTICAL = re.compile(
    r"^(?:cuc|tong cuc|cong an|bo chi huy|bao hiem xa hoi|bhxh|kho bac|kbnn|ngan hang|toa an|tand|vien kiem sat|vksnd"
    r"|hai quan|chi cuc (?:thue|hai quan|thi hanh an|thada)|chi cuc thong ke)\b"
)
_SERVICE = re.compile(
    r"^(?:trung tam|tt (?:y te|van hoa|giao duc|gdtx|hanh chinh|phuc vu|dich vu)|benh vien|truong|vien|bao tang|thu vien"
    r"|quy|dai (?:phat thanh|truyen|pt)|nha (?:hat|van hoa|thieu nhi)|khu (?:di tich|bao ton)|vuon quoc gia|tram|doan (?:ca|nghe)"
    r"|ban quan ly (?:rung|khu (?:bao ton|di tich)|du an)|bql (?:rung|du an))\b"
)
_OFFICE = re.compile(r"^(?:van phong|vp)\b.*\b(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan)\b")


def level_from(unit, given):
    """(level, whether name and column disagree). `given`: what the column says, or None."""
    natural = level_of(unit)
    if unit.kind == "thanh_pho" and given in (Level.PROVINCE, Level.DISTRICT):
        return given, False  # a city is either: its column knows
    if unit.is_unit:
        return natural, given is not None and given != natural
    return given or natural, False


def kind_from(name, unit, level):
    """The kind of agency that a name speaks of; anything unknown is a department of its level."""
    if unit.is_unit:
        return COMMITTEES[Level(level)]
    folded = fold(name)
    if _VERTICAL.match(folded):
        return Kind.VERTICAL
    if unit.kind == "chi_cuc" and level == Level.PROVINCE:
        return Kind.SUB_DEPARTMENT
    if _SERVICE.match(folded) or unit.kind == "trung_tam":
        return Kind.PUBLIC_SERVICE_UNIT
    return Kind.DEPARTMENT


def is_covered_by_parent(name, kind, parent_kind):
    """Whether an agency shares its parent's system: the office of a committee, and a district's own divisions.

    Source: TT 26/2014/TT-BKHCN Điều 6.
    """
    if kind != Kind.DEPARTMENT:
        return False
    if parent_kind == Kind.PROVINCIAL_COMMITTEE:
        return bool(_OFFICE.match(fold(name)))
    return parent_kind in (Kind.DISTRICT_COMMITTEE, Kind.COMMUNE_COMMITTEE)
