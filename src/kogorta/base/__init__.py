"""The customer base: tables, store, audit, cleaning, identity."""
