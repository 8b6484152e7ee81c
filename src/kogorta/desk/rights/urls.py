"""Addresses of the room."""

from django.urls import path

from kogorta.desk.rights import views

urlpatterns = [
    path("person/export/", views.export, name="export_person"),
    path("person/erase/", views.confirm, name="confirm_erasure"),
    path("person/erase/begin/", views.erase, name="erase_person"),
    path("erasures/", views.erasures, name="erasures"),
    path("erasures/<int:erasure_id>/", views.erasure, name="erasure"),
]
