"""Drivers: which factors go with coming back, leaving, the check and the response, measured before they could be its consequence."""
