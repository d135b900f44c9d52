"""A run's records: its journal, and what this machine remembers outside the project."""
