"""Addresses of the room."""

from django.urls import path

from kogorta.desk.company import views

urlpatterns = [
    path("start/", views.start, name="start"),
    path("company/", views.company, name="company"),
]
