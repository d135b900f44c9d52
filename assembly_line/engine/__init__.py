"""The shell around the core: stores its decisions and takes the steps that have side effects."""
