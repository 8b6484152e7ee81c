"""Addresses of the room."""

from django.urls import path

from kogorta.desk.customers import views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/card/<path:customer_id>", views.card, name="customer"),
]
