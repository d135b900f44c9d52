"""Rehearsal: the real client against a scripted model on loopback, with no key and no cost."""
