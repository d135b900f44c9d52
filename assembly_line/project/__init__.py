"""A project's configuration and workflows, and a task's bundle and reports."""
