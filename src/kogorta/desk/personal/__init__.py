"""What people said of their data: consents with their history, and who asked to be erased; of the latter only salted hashes."""
