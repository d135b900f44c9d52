"""YAML input and output: a strict reader, and a writer whose text every parser reads alike."""
