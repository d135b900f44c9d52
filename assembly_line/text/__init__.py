"""All text that a person or a model reads."""
