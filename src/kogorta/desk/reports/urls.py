"""Addresses of the room."""

from django.urls import path

from kogorta.desk.reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/make/", views.make, name="make_report"),
    path("reports/schedules/", views.add_schedule, name="add_schedule"),
    path("reports/schedules/<int:schedule_id>/delete/", views.delete_schedule, name="delete_schedule"),
    path("reports/<int:report_id>/", views.one, name="report"),
    path("reports/<int:report_id>/read/", views.read, name="read_report"),
    path("reports/<int:report_id>/files/<str:name>", views.download, name="report_file"),
    path("reports/<int:report_id>/delete/", views.delete, name="delete_report"),
]
