"""Text from outside made safe: bounded reads, terminal escapes, secrets."""
