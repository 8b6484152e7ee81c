"""Likely duplicates: cards no exact key joins, weighed by their evidence, reviewed by a person, applied only when asked."""
