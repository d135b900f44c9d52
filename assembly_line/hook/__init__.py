"""The hook protocol: the client's events in, the engine's answers out."""
