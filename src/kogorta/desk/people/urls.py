"""Addresses of the room."""

from django.urls import path

from kogorta.desk.people import account_views, journal_views, people_views, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/code/", views.login_code, name="login_code"),
    path("logout/", views.logout, name="logout"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("account/", account_views.account, name="account"),
    path("account/password/", account_views.password, name="password"),
    path("account/sessions/", account_views.end_session, name="end_session"),
    path("account/two-factor/on/", account_views.turn_on, name="two_factor_on"),
    path("account/two-factor/off/", account_views.turn_off, name="two_factor_off"),
    path("account/two-factor/codes/", account_views.recovery_codes, name="recovery_codes"),
    path("people/", people_views.everybody, name="people"),
    path("people/roles/", people_views.roles, name="roles"),
    path("people/<int:user_id>/", people_views.change, name="change_person"),
    path("people/invitations/<int:invitation_id>/revoke/", people_views.revoke, name="revoke_invitation"),
    path("journal/", journal_views.journal, name="journal"),
]
