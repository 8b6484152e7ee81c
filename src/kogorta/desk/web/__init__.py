"""What every page shares: layout, parts, words, styles, errors."""
