"""What the operating system gives: files, locks, processes of git, the clock."""
