"""Addresses of the room."""

from django.urls import path

from kogorta.desk.moves import views

urlpatterns = [path("changes/", views.changes, name="changes")]
