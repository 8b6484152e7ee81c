"""A person's rights over his data: all that is kept of him as a file, and erasure that keeps every figure valid."""
