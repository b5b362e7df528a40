"""Each named constraint: one test in which the database refuses, whoever writes."""

import pytest
from django.db import connection, models
from django.utils import timezone

from agencies.models import (
    Agency,
    AgencyAlias,
    Change,
    Kind,
    Level,
    Mail,
    Membership,
    Notice,
    PastIdentity,
    Role,
    Succession,
    Upload,
)
from agencies.models.history import ChangeSet
from agencies.models.tree import in_subtree
from agencies.testing import constraint_names, database_refuses, day, make_province, make_user

pytestmark = pytest.mark.django_db
REFUSED = {}
# Kept by the triggers of migrations 0002 and 0005.
TRIGGERS = {
    "agency_path_follows_parent",
    "agency_level_not_above_parent",
    "agency_is_not_below_itself",
    "agency_is_not_deleted",
}


def refused(name):
    """Marks the test of a named constraint."""

    def keep(function):
        assert name not in REFUSED
        REFUSED[name] = function
        return function

    return keep


def test_every_constraint_has_its_test():
    assert set(REFUSED) == constraint_names("agencies") | TRIGGERS


@pytest.fixture
def province():
    return make_province()


def write(agency, **values):
    """Past every door."""
    Agency.objects.filter(pk=agency.pk).update(**values)


def row(agency, **values):
    """A copy of an agency's row under a new number, with the path that belongs to it."""
    copy = Agency(**{f.attname: getattr(agency, f.attname) for f in Agency._meta.concrete_fields})
    copy.pk = Agency.objects.aggregate(last=models.Max("pk"))["last"] + 1
    copy.code = f"copy {copy.pk}"
    for name, value in values.items():
        setattr(copy, name, value)
    copy.path = (Agency.objects.get(pk=copy.parent_id).path if copy.parent_id else "") + f"{copy.pk:08d}"
    return copy


@refused("agency_open_code_is_unique")
def test_two_open_agencies_with_one_code(province):
    with database_refuses("agency_open_code_is_unique"):
        write(province.lac_dao, code=province.lac_hong.code)


def test_codes_of_closed_agencies_and_missing_codes_repeat(province):
    write(province.chi_dao, dissolved_on=day("2020-01-01"), code=province.lac_hong.code)
    write(province.lac_dao, code="")
    write(province.binh_minh, code="")


@refused("agency_is_not_its_own_parent")
def test_own_parent(province):
    # The trigger of the path would speak first: only a path of the own parent reaches the constraint.
    with database_refuses("agency_"):
        write(province.committee, parent=province.committee)


@refused("agency_does_not_cover_itself")
def test_covers_itself(province):
    with database_refuses("agency_does_not_cover_itself"):
        write(province.home, covered_by=province.home)


@refused("agency_closes_after_it_opens")
def test_closes_before_it_opens(province):
    with database_refuses("agency_closes_after_it_opens"):
        write(province.home, established_on=day("2020-01-02"), dissolved_on=day("2020-01-01"))


@refused("agency_has_a_name")
def test_no_name(province):
    with database_refuses("agency_has_a_name"):
        write(province.home, name="")


@refused("agency_level_is_known")
def test_unknown_level(province):
    with database_refuses("agency_level_is_known"):
        write(province.home, level="quarter")


@refused("agency_kind_fits_level")
def test_commune_committee_of_a_province(province):
    with database_refuses("agency_kind_fits_level"):
        write(province.home, kind=Kind.COMMUNE_COMMITTEE)


def test_unknown_kind(province):
    with database_refuses("agency_kind_fits_level"):
        write(province.home, kind="club")


@refused("past_identity_ends_once")
def test_two_identities_end_on_one_day(province):
    ends = {"agency": province.home, "until": day("2020-01-01"), "name": "Ban Tổ chức", "path": "x"}
    PastIdentity.objects.create(**ends)
    with database_refuses("past_identity_ends_once"):
        PastIdentity.objects.create(**ends)


@refused("past_identity_has_days")
def test_identity_without_a_day(province):
    moment = day("2020-01-01")
    with database_refuses("past_identity_has_days"):
        PastIdentity.objects.create(agency=province.home, from_on=moment, until=moment, name="x", path="x")


@refused("succession_once")
def test_the_same_succession_twice(province):
    edge = {"predecessor": province.lac_hong, "successor": province.lac_dao, "on": day("2020-01-01")}
    Succession.objects.create(**edge)
    with database_refuses("succession_once"):
        Succession.objects.create(**edge)


@refused("succession_joins_two_agencies")
def test_own_successor(province):
    with database_refuses("succession_joins_two_agencies"):
        Succession.objects.create(predecessor=province.home, successor=province.home, on=day("2020-01-01"))


@refused("change_has_before_or_after")
def test_change_of_nothing():
    change_set = ChangeSet.objects.create(title="x")
    with database_refuses("change_has_before_or_after"):
        Change.objects.create(change_set=change_set, model="agencies.agency", object_id=1)


def test_empty_sides_of_a_change_are_null_for_the_database(province):
    """JSON null is no SQL NULL: the constraint and every query for creations rely on it."""
    assert Change.objects.filter(before__isnull=True, after__isnull=False).count() == len(province.all)


@refused("alias_has_a_key")
def test_learned_name_without_a_key(province):
    with database_refuses("alias_has_a_key"):
        AgencyAlias.objects.create(agency=province.lac_dao, text="Lạc Đạo", key="")


@refused("alias_everywhere_once")
def test_learned_name_twice_everywhere(province):
    AgencyAlias.objects.create(agency=province.lac_dao, text="Lạc Đạo", key="lac dao")
    with database_refuses("alias_everywhere_once"):
        AgencyAlias.objects.create(agency=province.lac_hong, text="Lạc Đạo", key="lac dao")


@refused("alias_once_within_a_scope")
def test_learned_name_twice_within_a_district(province):
    within = {"scope": province.van_lam, "key": "lac dao"}
    AgencyAlias.objects.create(agency=province.lac_dao, text="Lạc Đạo", **within)
    with database_refuses("alias_once_within_a_scope"):
        AgencyAlias.objects.create(agency=province.lac_hong, text="Lạc Đạo", **within)


@refused("upload_claim_is_whole")
def test_claim_without_a_moment():
    with database_refuses("upload_claim_is_whole"):
        Upload.objects.create(kind="agencies", file_name="a.xlsx", on=day("2020-01-01"), claimed_by="1")


def test_claim_without_a_worker():
    with database_refuses("upload_claim_is_whole"):
        Upload.objects.create(
            kind="agencies", file_name="a.xlsx", on=day("2020-01-01"), claimed_at=timezone.now()
        )


@refused("membership_once")
def test_one_grant_twice(province):
    user = make_user(Role.EDITOR, province.home, starts_on=day("2020-01-01"))
    with database_refuses("membership_once"):
        Membership.objects.create(
            user=user, role=Role.EDITOR, agency=province.home, starts_on=day("2020-01-01")
        )


@refused("membership_without_start_once")
def test_one_grant_without_a_start_twice(province):
    user = make_user(Role.EDITOR, province.home)
    with database_refuses("membership_without_start_once"):
        Membership.objects.create(user=user, role=Role.EDITOR, agency=province.home)


@refused("membership_ends_after_it_starts")
def test_grant_that_ends_before_it_starts(province):
    with database_refuses("membership_ends_after_it_starts"):
        make_user(Role.EDITOR, province.home, starts_on=day("2020-01-02"), ends_on=day("2020-01-01"))


@refused("membership_role_is_known")
def test_unknown_role(province):
    make_user(Role.EDITOR, province.home)
    with database_refuses("membership_role_is_known"):
        Membership.objects.update(role="king")


# Notices and mails


@refused("notice_once")
def test_one_occasion_told_twice():
    user = make_user()
    Notice.objects.create(to=user, kind="due", occasion="1", title="Đến hạn")
    with database_refuses("notice_once"):
        Notice.objects.create(to=user, kind="due", occasion="1", title="Đến hạn")
    Notice.objects.create(to=user, kind="due", occasion="2", title="Đến hạn")


@refused("notice_kind_is_known")
def test_notice_of_an_unknown_kind():
    with database_refuses("notice_kind_is_known"):
        Notice.objects.create(to=make_user(), kind="gossip", occasion="1", title="Chuyện")


@refused("mail_daily_once_a_day")
def test_two_daily_mails_of_one_day():
    user = make_user()
    Mail.objects.create(to=user, digest_on=day("2020-06-08"))
    with database_refuses("mail_daily_once_a_day"):
        Mail.objects.create(to=user, digest_on=day("2020-06-08"))
    Mail.objects.create(to=user)
    Mail.objects.create(to=user)


@refused("mail_weekly_once_a_week")
def test_two_weekly_mails_of_one_week():
    user = make_user()
    Mail.objects.create(to=user, week_of=day("2020-06-08"))
    with database_refuses("mail_weekly_once_a_week"):
        Mail.objects.create(to=user, week_of=day("2020-06-08"))


@refused("mail_is_of_a_day_or_a_week")
def test_a_mail_of_a_day_and_of_a_week():
    with database_refuses("mail_is_of_a_day_or_a_week"):
        Mail.objects.create(to=make_user(), digest_on=day("2020-06-08"), week_of=day("2020-06-08"))


@refused("mail_claim_is_whole")
def test_half_a_claim_of_a_mail():
    with database_refuses("mail_claim_is_whole"):
        Mail.objects.create(to=make_user(), claimed_by="máy")


@refused("mail_sent_has_its_moment")
def test_mail_sent_at_no_moment():
    with database_refuses("mail_sent_has_its_moment"):
        Mail.objects.create(to=make_user(), state="sent")


# The tree


@refused("agency_path_follows_parent")
def test_path_beside_the_parent(province):
    with database_refuses("agency_path_follows_parent"):
        write(province.home, path=province.lac_dao.path)
    with database_refuses("agency_path_follows_parent"):
        write(province.home, parent=province.van_lam)
    with database_refuses("agency_path_follows_parent"):
        write(province.home, parent=None)


def test_new_row_beside_its_parent(province):
    copy = row(province.home)
    copy.path = f"{copy.pk:08d}"
    with database_refuses("agency_path_follows_parent"):
        Agency.objects.bulk_create([copy])
    Agency.objects.bulk_create([row(province.home)])


@refused("agency_is_not_below_itself")
def test_circle_whose_path_follows_the_parent(province):
    """Agencies of one level, so that no other rule speaks first."""
    child = row(province.home, parent_id=province.home.pk)
    Agency.objects.bulk_create([child])
    with database_refuses("agency_is_not_below_itself"):
        write(province.home, parent=child, path=f"{child.path}{province.home.pk:08d}")


@refused("agency_level_not_above_parent")
def test_province_agency_below_a_district(province):
    with database_refuses("agency_level_not_above_parent"):
        write(
            province.home,
            parent=province.van_lam,
            path=f"{province.van_lam.path}{province.home.pk:08d}",
        )


def test_parent_that_sinks_below_its_children(province):
    with database_refuses("agency_level_not_above_parent"):
        write(province.van_lam, level=Level.COMMUNE, kind=Kind.COMMUNE_COMMITTEE)
        write(province.committee, level=Level.COMMUNE, kind=Kind.COMMUNE_COMMITTEE)


@refused("agency_is_not_deleted")
def test_deletion_by_sql(province):
    with database_refuses("agency_is_not_deleted"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM agencies_agency WHERE id = %s", [province.lac_dao.pk])


def test_deletion_by_a_bare_queryset(province):
    with database_refuses("agency_is_not_deleted"):
        Agency._base_manager.filter(in_subtree(province.lac_dao.path))._raw_delete("default")
