"""The client: its program, processes and transcripts, and the sessions and leases that runs have in it."""
