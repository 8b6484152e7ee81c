"""Segments told by a rule: built, saved with their history, frozen, exported."""
