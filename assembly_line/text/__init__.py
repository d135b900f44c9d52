"""Every text that a person or a model sees."""
