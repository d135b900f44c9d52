"""The files that `init` writes."""

CONFIG = """\
# Configuration of assembly-line. Every key is optional; the values below are the defaults.

# Folders in which /task-run looks for TASK-XXX.yaml, .yml, .json, .md and TASK-XXX_title.md.
# task_folders: [docs/planning/tasks, docs/tasks, tasks, .tasks]

# The state file in docs/planning: .project-state.yaml, .feature-NAME-state.yaml or .issue-NAME-state.yaml.
# state_file: .project-state.yaml

# Models of the developers, as the client names them: T1 for the first iterations, T2 for the rest.
# tiers:
#   T1: haiku
#   T2: sonnet

# Another model for a role, or `tiered`: designers and the validator have opus, developers are tiered, the bundler has
# haiku, everyone else sonnet.
# models:
#   security-auditor: sonnet

# limits:
#   iterations: 5        # validations before the task fails, at most 5
#   cheap_iterations: 2  # of these, at T1
#   fix_rounds: 2        # rounds of fixing compliance violations, at most 2
#   retries: 2           # agents in a row that may fail at one station

# Commands that must be seen to succeed before a task passes; without them, the tester's last run.
# checks: [make lint, make test]

# Tracked files that these commands make anew, as they were: a command that wrote any other source is no evidence.
# generated: [dist/**]

# Files that may differ from what was judged when a task lands: * within a folder, ** through folders.
# after_pass: [CHANGELOG.md]

# Another workflow for a type, or another agent for a role.
# workflows:
#   backend: api-development
# agents:
#   code-reviewer: my-plugin:reviewer

# Keep the bundle of a completed task.
# keep_bundle: false

# Pause when the agents have used this many tokens, or one session has driven the run for this many minutes.
# budget:
#   tokens: 2000000
#   minutes: 120
"""

SAMPLE_TASK = """\
id: {task}
title: Say hello from the command line
type: generic    # fullstack, backend, frontend, database, python-generic, infrastructure or generic
description: |
  A sample task; put your own in its place. Say what is wanted and why, and where in the project it belongs.
acceptance_criteria:
  - "`hello Ada` prints `Hello, Ada.` and exits with status 0"
  - "`hello` without a name prints a line that says what is missing, and exits with status 2"
dependencies: []
"""
