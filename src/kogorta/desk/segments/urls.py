"""Addresses of the room."""

from django.urls import path

from kogorta.desk.segments import views

urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new/", views.new, name="new_segment"),
    path("segments/rule/", views.rule, name="rule"),
    path("segments/<int:segment_id>/", views.segment, name="segment"),
    path("segments/<int:segment_id>/delete/", views.delete, name="delete_segment"),
    path("segments/<int:segment_id>/freeze/", views.freeze, name="freeze_segment"),
    path("segments/<int:segment_id>/export/", views.export, name="export_segment"),
    path("segments/lists/<int:list_id>/export/", views.export_list, name="export_list"),
]
