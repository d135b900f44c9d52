"""The work tree's sources: their digest and what changed."""
