"""What a project brings along and an agent hands in: configuration, workflows, bundle, reports."""
