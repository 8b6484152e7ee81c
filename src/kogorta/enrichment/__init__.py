"""What a customer's codes, address, phone and title say: industry, region, time zone, role, business or person."""
