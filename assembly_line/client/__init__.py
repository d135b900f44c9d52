"""The client as a program: finding and running it, its transcripts, sessions and leases."""
