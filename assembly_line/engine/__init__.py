"""The shell around the core: stores what was decided, and takes the steps that need the outside."""
