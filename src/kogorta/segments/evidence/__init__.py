"""Segmentations by evidence: a class, its score, what speaks for it in the customer's own figures, or «unknown»."""
