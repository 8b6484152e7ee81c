"""Speed and statistical quality, measured in one run: `make bench`."""
