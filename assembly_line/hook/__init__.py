"""The hook protocol: the client's events in, its decisions out."""
