"""Addresses of the room."""

from django.urls import path

from kogorta.desk.duplicates import views

urlpatterns = [
    path("data/duplicates/", views.duplicates, name="duplicates"),
    path("data/duplicates/look/", views.look, name="look_for_duplicates"),
    path("data/duplicates/merge/", views.merge, name="merge_duplicates"),
    path("data/duplicates/pair/", views.pair, name="duplicate_pair"),
    path("data/duplicates/decide/", views.decide, name="decide_duplicate"),
    path("data/duplicates/apart/", views.set_apart, name="set_apart"),
]
