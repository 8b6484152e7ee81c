"""Addresses of the room."""

from django.urls import path

from kogorta.desk.health import views

urlpatterns = [path("healthz", views.health, name="health"), path("metrics", views.show_metrics, name="metrics")]
