"""Addresses of the room."""

from django.urls import path

from kogorta.desk.people import views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("account/", views.account, name="account"),
]
