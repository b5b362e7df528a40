"""A unit with a plan, a rollout and people of every role, for the tests of the writing screens."""

from types import SimpleNamespace

import pytest

from agencies.models import Role
from agencies.testing import make_province, make_user
from procedures.testing import make_plan, make_rollout, make_target


@pytest.fixture
def place(db):
    """Lạc Đạo builds its system in 2020, and those who may read, record and confirm it."""
    province = make_province()
    plan = make_plan(province.committee)
    make_target(plan, 60)
    return SimpleNamespace(
        province=province,
        agency=province.lac_dao,
        plan=plan,
        rollout=make_rollout(plan, province.lac_dao),
        editor=make_user(Role.EDITOR, province.van_lam),
        coordinator=make_user(Role.COORDINATOR, province.committee),
        viewer=make_user(Role.VIEWER, province.committee),
        stranger=make_user(Role.EDITOR, province.khoai_chau),
    )


@pytest.fixture
def media(settings, tmp_path):
    """Files of this test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
