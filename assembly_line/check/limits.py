"""How much the check reads: far more than teams write, and little enough that any change is checked within 30 s."""

JOURNAL = 16 * 1024 * 1024  # bytes of one journal; a run writes some hundred kilobytes at most
RECORDS = 20_000  # of one journal; a run has some hundreds
CHANGE = 64 * 1024 * 1024  # bytes of journals that one change brings or lets grow
RUNS = 300  # that one change brings
STATES = 16 * 1024 * 1024  # bytes of all state files
FOREIGN = 100  # files named
