"""The state file: where every task of a project stands, projected from the journals."""
