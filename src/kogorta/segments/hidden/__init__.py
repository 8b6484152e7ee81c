"""Hidden segments: groups nobody asked for, kept only when they are apart, stable and told by a short rule."""
