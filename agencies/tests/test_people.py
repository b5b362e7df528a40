"""The people of an administrator: who is listed, who may be edited, and why they see what they see."""

import datetime

import pytest
from django.urls import reverse

from agencies.history import open_change_set, record
from agencies.models import Membership, Role, User
from agencies.testing import grant, make_province, make_user, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def boss(province):
    return make_user(Role.ADMINISTRATOR, province.van_lam, full_name="Người Quản trị")


def listed(client, **params):
    page = client.get(reverse("people"), params)
    return {person for person, _grants in page.context["rows"]}


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDITOR, Role.COORDINATOR])
def test_without_the_role_every_page_of_people_is_refused(client, province, role):
    user = make_user(role, province.committee)
    client.force_login(user)
    assert client.get(reverse("people")).status_code == 403
    assert client.get(reverse("person", args=[user.pk])).status_code == 403
    assert client.post(reverse("grant_role", args=[user.pk])).status_code == 403
    assert client.post(reverse("end_grant", args=[1])).status_code == 403


def test_the_list_holds_the_people_of_ones_agencies(client, province, boss):
    below = make_user(Role.EDITOR, province.lac_dao)
    former = make_user(Role.EDITOR, province.chi_dao, ends_on=today() - datetime.timedelta(days=9))
    make_user(Role.EDITOR, province.dong_tao)
    make_user(Role.COORDINATOR, province.committee)
    make_user()
    superuser = make_user(Role.EDITOR, province.lac_dao, is_superuser=True)
    client.force_login(boss)
    assert listed(client) == {boss, below, former}
    client.force_login(superuser)
    assert len(listed(client)) == User.objects.count()


def test_somebody_without_roles_is_seen_by_whoever_entered_them(boss, province):
    new = make_user()
    record(open_change_set("Enter a person", by=boss), new)
    other = make_user(Role.ADMINISTRATOR, province.committee)
    assert new in User.objects.visible_to(boss)
    assert new not in User.objects.visible_to(other)


def test_search_knows_no_accents_and_filters_by_role(client, province, boss):
    hoa = make_user(Role.EDITOR, province.lac_dao, full_name="Đỗ Thị Hoà", position="Công chức văn phòng")
    make_user(Role.VIEWER, province.lac_dao, full_name="Trần Văn Hùng")
    client.force_login(boss)
    for words in ("do thi hoa", "HÒA", "van phong", hoa.username):
        assert listed(client, q=words) == {hoa}
    assert listed(client, role="editor") == {hoa}
    assert listed(client, q="không ai") == set()
    assert client.get(reverse("people"), {"role": "king"}).status_code == 422


def test_the_list_is_sorted_by_given_name(province):
    for name in ("Trần Văn Ý", "Đỗ Thị Ánh", "Lê Đức Bình", "Nguyễn Đăng Đạt"):
        make_user(full_name=name)
    assert [p.full_name for p in User.objects.all()] == [
        "Đỗ Thị Ánh",
        "Lê Đức Bình",
        "Nguyễn Đăng Đạt",
        "Trần Văn Ý",
    ]


def test_the_list_costs_the_same_for_many_people(client, province, boss, django_assert_max_num_queries):
    for i in range(60):
        make_user(Role.EDITOR, province.lac_dao if i % 2 else province.chi_dao)
    client.force_login(boss)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("people"))
    assert page.context["page_obj"].paginator.num_pages == 2
    assert client.get(reverse("people"), {"page": 99}).context["page_obj"].number == 2


def test_a_person_of_other_agencies_does_not_exist(client, province, boss):
    stranger = make_user(Role.EDITOR, province.dong_tao)
    client.force_login(boss)
    missing = client.get(reverse("person", args=[10**7]))
    for url in (reverse("person", args=[stranger.pk]), reverse("person", args=[10**30])):
        answer = client.get(url)
        assert answer.status_code == 404
        assert answer.content == missing.content
    assert client.post(reverse("grant_role", args=[stranger.pk])).status_code == 404
    held = stranger.memberships.get()
    assert client.post(reverse("end_grant", args=[held.pk])).status_code == 404


def test_only_ones_own_agencies_grants_are_shown_and_editing_needs_them_all(client, province, boss):
    someone = make_user(Role.EDITOR, province.lac_dao)
    assert someone in User.objects.kept_by(boss)
    grant(someone, Role.VIEWER, province.home)
    assert someone not in User.objects.kept_by(boss)
    client.force_login(boss)
    page = client.get(reverse("person", args=[someone.pk]))
    assert [g.agency for g in page.context["grants"]] == ["UBND xã Lạc Đạo"]
    assert page.context["holds_elsewhere"]
    assert "Sở Nội vụ" not in page.content.decode()
    assert reverse("admin:agencies_user_change", args=[someone.pk]) not in page.content.decode()


def test_why_a_person_sees_an_agency(client, province, boss):
    someone = make_user(Role.EDITOR, province.van_lam)
    client.force_login(boss)
    url = reverse("person", args=[someone.pk])
    for words in ("lac dao", province.lac_dao.code, province.lac_dao.code.lower(), "UBND Xã LẠC ĐẠO"):
        answer = client.get(url, {"why": words}).context["answer"]
        assert (answer.agency, answer.sees, len(answer.sentences)) == (province.lac_dao, True, 1)
        assert "UBND huyện Văn Lâm" in answer.sentences[0]


def test_why_a_person_does_not_see_an_agency(client, province, boss):
    someone = make_user(Role.EDITOR, province.lac_dao, ends_on=today() - datetime.timedelta(days=1))
    grant(someone, Role.VIEWER, province.chi_dao)
    grant(someone, Role.VIEWER, province.lac_dao, starts_on=today() + datetime.timedelta(days=1))
    grant(someone, Role.VIEWER, province.home)
    client.force_login(boss)
    answer = client.get(reverse("person", args=[someone.pk]), {"why": "lac dao"}).context["answer"]
    assert not answer.sees
    assert len(answer.sentences) == 4
    assert not any("Sở Nội vụ" in sentence for sentence in answer.sentences)


def test_a_role_above_ones_own_agencies_explains_too(client, province, boss):
    someone = make_user(Role.EDITOR, province.lac_dao)
    grant(someone, Role.VIEWER, province.committee)
    client.force_login(boss)
    answer = client.get(reverse("person", args=[someone.pk]), {"why": "chi dao"}).context["answer"]
    assert answer.sees
    assert any("UBND tỉnh Hưng Yên" in sentence for sentence in answer.sentences)


@pytest.mark.parametrize("words", ["", "dong tao", "xã", "%%%", "Sở Nội vụ"])
def test_an_unknown_or_doubtful_agency_is_asked_back(client, province, boss, words):
    client.force_login(boss)
    answer = client.get(reverse("person", args=[boss.pk]), {"why": words})
    assert answer.status_code == 422
    assert answer.context["answer"] is None
    assert answer.context["why"].errors


def test_granting_and_ending_on_the_page(client, province, boss):
    someone = make_user(Role.VIEWER, province.lac_dao)
    client.force_login(boss)
    url = reverse("grant_role", args=[someone.pk])
    typed = {
        "role": "editor",
        "agency": "chi dao",
        "starts_on": "01/06/2020",
        "ends_on": "",
        "reason": "QĐ 12",
    }
    assert client.post(url, typed).url == reverse("person", args=[someone.pk])
    given = someone.memberships.get(role="editor")
    assert (given.agency, str(given.starts_on)) == (province.chi_dao, "2020-06-01")
    # The second click on the same button.
    assert client.post(url, typed).status_code == 422
    assert someone.memberships.count() == 2
    end = reverse("end_grant", args=[given.pk])
    back = client.post(end, {"seen": 1, "on": "31/02/2021"})
    assert back.status_code == 422
    assert f'id="end-{given.pk}"' in back.content.decode() and 'value="31/02/2021"' in back.content.decode()
    assert f'id="end-{given.pk}_error"' in back.content.decode()
    assert client.post(end, {"seen": 7, "on": "30/06/2021"}).status_code == 409
    assert client.post(end, {"seen": 1, "on": "30/06/2021"}).status_code == 302
    assert str(Membership.objects.get(pk=given.pk).ends_on) == "2021-06-30"


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "king"), ("agency", "dong tao"), ("agency", ""), ("starts_on", "31/02/2020"), ("ends_on", "x")],
)
def test_nonsense_in_a_grant_is_refused_beside_its_field(client, province, boss, field, value):
    someone = make_user(Role.VIEWER, province.lac_dao)
    client.force_login(boss)
    typed = {"role": "editor", "agency": "chi dao", "starts_on": "", "ends_on": "", "reason": ""}
    answer = client.post(reverse("grant_role", args=[someone.pk]), typed | {field: value})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert someone.memberships.count() == 1
