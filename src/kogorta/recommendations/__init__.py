"""What to offer a customer: goods that go together, goods due again, new arrivals; tested on the base's own past."""
