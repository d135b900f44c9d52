"""The forms of the reports, as a station's prompt shows them."""

from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Station

_REPORT = """report:
  status: done            # done | done_with_concerns | blocked
  summary: |-
    what you did and why, for the task's summary
  concerns: []            # or one text each:
    # - |-
    #   what a person should know"""
_TESTED = """
  tests:
    framework: what runs the tests
    command: |-           # the last run of the whole suite, as you typed it; the validator must run it too
      the command you ran
    total: 0
    passed: 0
    failed: 0
    skipped: 0
    coverage_percent: null
    breakdown: {unit: 0, integration: 0, edge: 0}"""
_REVIEWED = """
  review:
    checks:
      - name: what you checked
        result: pass      # pass | issue | not_run
    issues:               # [] when there are none; repeat earlier ones with their status now
      - id: R-1           # your own numbering
        severity: major   # blocking | major | minor
        title: |-
          what is wrong
        file: src/x.py
        line: 1
        status: open      # open | fixed
        resolution: |-
          how it was closed; only for fixed"""
_VERDICT = """verdict:
  result: FAIL            # PASS | FAIL
  criteria:               # every criterion, each once
    - id: AC-1
      result: FAIL        # PASS | FAIL
      evidence: |-
        file:line, or a command and what it printed
      gap: |-
        what is missing; only for FAIL
      recommended_agent: who shall close it; only for FAIL
  runtime_verification:
    status: FAIL          # PASS | FAIL | NOT_APPLICABLE (then with a reason)
    commands:             # run by you in this dispatch, as you typed them; nothing in them may hide a failure
      - command: |-
          the command you ran
        exit_code: 0
        expected: 0       # the status the criterion demands
    reason: |-
      only for NOT_APPLICABLE and FAIL"""
_COMPLIANCE = """compliance:
  result: FAIL            # PASS | FAIL
  violations:             # [] or only minor ones for PASS
    - category: other
      severity: major     # blocking | major | minor
      item: |-
        what is wrong
      action: |-
        what would mend it"""
_FORMS = {"report": _REPORT, "tests": _TESTED, "review": _REVIEWED, "verdict": _VERDICT, "compliance": _COMPLIANCE}


def render(station: Station) -> str:
    """The form of the station's report, and how to send it."""
    kind = KINDS[station.kind]
    body = _FORMS[kind.report] + _FORMS.get(kind.form, "")
    return f"End your last message with one block of this form; the last such block counts:\n```yaml\n{body}\n```"
