"""The REST interface for other programs: tokens with scopes, problem+json, cursor pages, limits, one answer to one key."""
