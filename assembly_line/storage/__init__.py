"""What is kept of a run: its journal, and what this machine remembers of it outside the project."""
