"""YAML in and out: a strict reader, and a writer that every parser understands."""
