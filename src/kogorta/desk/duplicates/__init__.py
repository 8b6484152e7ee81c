"""Cards of one customer: likely pairs to decide, what joining them would do, merges and their undoing."""
