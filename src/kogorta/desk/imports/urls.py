"""Addresses of the room."""

from django.urls import path

from kogorta.desk.imports import views
from kogorta.desk.imports.data_views import data

urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/load/", views.load_demo, name="load_demo"),
    path("demo/remove/", views.remove_demo, name="remove_demo"),
    path("data/", data, name="data"),
    path("imports/", views.imports, name="imports"),
    path("imports/upload/", views.upload, name="upload"),
    path("imports/<int:file_id>/", views.one, name="import"),
    path("imports/<int:file_id>/reading/", views.read_as, name="read_as"),
    path("imports/<int:file_id>/stages/", views.stages, name="import_stages"),
    path("imports/<int:file_id>/accept/", views.accept, name="accept_import"),
    path("imports/<int:file_id>/undo/", views.undo, name="undo_import"),
    path("imports/<int:file_id>/remove/", views.remove, name="remove_import"),
    path("imports/<int:file_id>/quarantine.csv", views.quarantine, name="quarantine"),
]
