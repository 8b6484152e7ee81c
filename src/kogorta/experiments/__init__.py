"""Experiments: size, assign, analyse, look safely, use."""
