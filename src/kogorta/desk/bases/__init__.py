"""The customer base as the desk reads it: its state, and analysed snapshots that answer pages quickly."""
