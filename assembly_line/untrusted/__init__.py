"""Makes text from outside safe: bounded reads, terminal escapes, redaction."""
