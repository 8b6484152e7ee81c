"""Kogorta."""
