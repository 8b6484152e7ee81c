"""Whom to contact first, why, and what it may bring: priority, industries, first wave, forecast."""
