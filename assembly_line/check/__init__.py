"""The read-only check of a project's records: state files, journals, reports and process."""
