"""Access to the operating system: files, locks, git processes, the clock."""
