"""The check of a project's records: state files, journals, papers and process; it reads and never writes."""
