"""Addresses of the room."""

from django.urls import path

from kogorta.desk.customers.today import today
from kogorta.desk.web import views

urlpatterns = [
    path("", today, name="today"),
    path("language/", views.language, name="language"),
]
