"""Checks the files that a run leaves: summary, failure report, bundle."""

import hashlib
import os

from assembly_line import paths
from assembly_line.check.finding import Finding
from assembly_line.core import summary_form
from assembly_line.core.machine import COMPLETED, FAILED
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import attributes
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal

MAX_BYTES = 8 * 1024 * 1024


def check(root: str, run: Run) -> list[Finding]:
    """The faults of a run's files, measured against its journal."""
    findings = []
    if run.summary:
        findings += _summary(root, run)
    elif run.stage == COMPLETED:
        findings.append(Finding(paths.SUMMARIES, 0, "summary", f"{run.task} is completed, but no summary was recorded"))
    if run.stage == FAILED and run.closed and (fault := _read(root, paths.failure(run.task))[1]):
        findings.append(Finding(paths.failure(run.task), 0, "report", f"the failure report {fault}"))
    bundle = paths.bundle(run.task)
    done = run.stage == COMPLETED and run.closed and not run.settings.keep_bundle
    if done and os.path.lexists(os.path.join(root, bundle)):
        what = f"the bundle of the completed {run.task} still exists; remove it, or set keep_bundle"
        findings.append(Finding(bundle, 0, "bundle", what))
    return findings


def _summary(root: str, run: Run) -> list[Finding]:
    path = f"{paths.SUMMARIES}/{run.task}-summary.md"
    if run.summary != path:
        return [Finding(path, 0, "summary", f"the journal names another file: {terminal.clean(run.summary, 200)}")]
    data, fault = _read(root, path)
    if fault:
        return [Finding(path, 0, "summary", f"the summary {fault}")]
    if hashlib.sha256(data).hexdigest() != run.summary_sha:
        what = "was changed after the engine wrote it; restore it from git"
        if hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest() == run.summary_sha:
            what = f"line ends were changed, as core.autocrlf does; {attributes.REMEDY}"
        return [Finding(path, 0, "summary", what)]
    faults = summary_form.faults(data.decode("utf-8", "replace"), run.task, tuple(item.id for item in run.criteria))
    return [Finding(path, 0, "summary", f"{item}; run the task again") for item in faults]


def _read(root: str, relative: str) -> tuple[bytes, str]:
    """The file's bytes, or why it cannot be read."""
    try:
        return inputs.read_bytes(disk.inside(root, relative), MAX_BYTES, relative), ""
    except LineError as error:
        return b"", f"cannot be read: {str(error).removeprefix(relative).lstrip(': ')}"
