"""Who is in which segment now, kept current by what happens and by time passing."""
