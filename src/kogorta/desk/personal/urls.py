"""Addresses of the room."""

from django.urls import path

from kogorta.desk.personal import views

urlpatterns = [path("consents/", views.record_consent, name="record_consent")]
