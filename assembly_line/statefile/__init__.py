"""The state file: the status of every task in a project, projected from the journals."""
