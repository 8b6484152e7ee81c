"""Customers: who they are, how much they bring, and the card of each."""
