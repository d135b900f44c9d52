"""Blueprint readers: from a task's definition file to one checked Blueprint."""
