"""Saved segments kept current: who entered, who left, when and why."""
