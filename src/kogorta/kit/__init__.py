"""What every room may use: errors, money, dates, contacts, language, progress."""
