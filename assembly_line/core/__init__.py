"""The pure engine: signals in, events and a directive out; no I/O, no clock, no randomness."""
