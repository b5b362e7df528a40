"""A plan of many targets: its board tells in words of those that are furthest behind, and of what is out of reach."""

from types import SimpleNamespace

import pytest

from agencies.models import User
from reports.views.board import TOLD, _told


def told(*gaps):
    return [t.gap for t in _told([SimpleNamespace(gap=gap) for gap in gaps])]


def test_few_targets_are_all_told():
    assert told(3, None, -2) == [3, None, -2]


def test_of_many_those_furthest_behind_are_told_in_their_order():
    assert TOLD == 6
    assert told(5, -1, 3, -9, 4, -3, -2, -6, -7, None) == [-1, -9, -3, -2, -6, -7]


@pytest.mark.django_db
@pytest.mark.usefixtures("demo")
def test_the_board_says_what_is_out_of_reach(client):
    client.force_login(User.objects.get(username="lanhdao"))
    html = client.get("/", {"on": "31/10/2020"}).content.decode()
    assert html.count("Dự báo: không thể đạt") == 1
