"""Files people load: kept as sent, looked at, audited before anything changes, accepted, undone; and the page of data."""
