"""Addresses of the room."""

from django.urls import path

from kogorta.desk.jobs import views

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancel/", views.cancel, name="cancel_job"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry_job"),
]
