"""The two counts agree on every day around a reorganisation of a small province."""

import datetime

from agencies.models import Role
from agencies.testing import day, make_user
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach
from reports.figures import as_json, summary
from reports.recount import differences, recount, told
from reports.rows import read_rows

FIRST = day("2020-01-01")


def test_a_tree_that_was_rearranged_counts_alike_on_every_day(place):
    province, plan = place.province, place.plan
    make_duties(province.lac_dao, make_procedure(), make_procedure(repealed_on=day("2020-11-01")))
    make_duties(province.office, make_procedure())
    reach(place.rollout, "planned", "promulgated", "declared")
    other = make_rollout(plan, province.dong_tao, due_on=day("2020-10-01"))
    other.move("paused", by=None, seen=1, reason="Chờ", on=day("2020-09-01"))
    declare(province.dong_tao, on="2019-05-01", year=2008)
    declare(province.dong_tao, on="2020-10-05", by=make_user(Role.EDITOR, province.khoai_chau))
    province.lac_hong.revise(by=None, seen=1, on=day("2020-09-15"), parent=province.khoai_chau)
    province.chi_dao.close(by=None, seen=1, on=day("2020-10-10"), successor=province.lac_dao)
    province.home.revise(by=None, seen=1, on=day("2020-10-20"), covered_by=province.committee)
    repealed = declare(province.binh_minh, on="2020-02-01")
    repealed.repealed_on = day("2020-10-25")
    repealed.save()
    rows = read_rows()
    for on in (FIRST + datetime.timedelta(days=n) for n in range(240, 340)):
        for scope in (None, province.committee, province.van_lam, province.khoai_chau):
            for confirmed_only in (False, True):
                shown = summary(plan, on=on, scope=scope, user=None, confirmed_only=confirmed_only)
                counted = recount(
                    rows, on, plan=plan.pk, scope=scope and scope.pk, confirmed_only=confirmed_only
                )
                found = differences(told(shown, as_json, on), counted)
                assert found == [], f"{scope} on {on}"
