"""Every way to split customers into groups."""
