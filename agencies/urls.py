from django.urls import path

from agencies.views import changes, me, notices, people

urlpatterns = [
    path("dang-nhap/", me.sign_in, name="login"),
    path("dang-xuat/", me.SignOut.as_view(), name="logout"),
    path("toi/", me.profile, name="profile"),
    path("toi/mat-khau/", me.ChangePassword.as_view(), name="password_change"),
    path("toi/thong-bao/", me.choose_notices, name="choose_notices"),
    path("thong-bao/", notices.notices, name="notices"),
    path("thong-bao/da-doc/", notices.read_notices, name="read_notices"),
    path("thong-bao/<int:pk>/", notices.notice, name="notice"),
    path("nguoi-dung/", people.people, name="people"),
    path("nguoi-dung/<int:pk>/", people.person, name="person"),
    path("nguoi-dung/<int:pk>/vai-tro/", people.grant_role, name="grant_role"),
    path("vai-tro/<int:pk>/ket-thuc/", people.end_grant, name="end_grant"),
    path("thay-doi/", changes.change_sets, name="change_sets"),
    path("thay-doi/<int:pk>/", changes.change_set, name="change_set"),
    path("thay-doi/<int:pk>/hoan-tac/", changes.undo_change_set, name="undo_change_set"),
]
