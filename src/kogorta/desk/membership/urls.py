"""Addresses of the room."""

from django.urls import path

from kogorta.desk.membership import hook_views, views

urlpatterns = [
    path("live/", views.live, name="live"),
    path("live/feed/", views.feed, name="live_feed"),
    path("live/statuses/<slug:code>/", views.add_ready, name="add_status"),
    path("live/borders/", views.schedule_refits, name="schedule_refits"),
    path("live/hooks/", hook_views.hooks, name="hooks"),
    path("live/hooks/<int:subscription_id>/switch/", hook_views.switch, name="switch_hook"),
    path("live/hooks/<int:subscription_id>/delete/", hook_views.delete, name="delete_hook"),
    path("live/customers/<path:customer_id>/", views.customer_history, name="live_customer"),
    path("live/<int:segment_id>/", views.segment_history, name="live_segment"),
    path("live/<int:segment_id>/freeze/", views.freeze, name="freeze_live"),
    path("live/<int:segment_id>/export/", views.export, name="export_live"),
]
