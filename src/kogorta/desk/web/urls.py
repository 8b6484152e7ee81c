"""Addresses of the room."""

from django.urls import path

from kogorta.desk.web import views

urlpatterns = [
    path("", views.today, name="today"),
    path("language/", views.language, name="language"),
]
