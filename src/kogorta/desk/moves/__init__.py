"""What changed: who moved between segments from one day to another."""
