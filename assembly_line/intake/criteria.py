"""Extracts the criteria of one Markdown section: the outcomes of behaviors, or the items of a checklist."""

import re
from typing import NamedTuple

from assembly_line.intake.draft import Item
from assembly_line.intake.gherkin import bare_kind, steps_in
from assembly_line.intake.lines import Line

_LONG = 600  # characters; an outcome whose details make it longer becomes one criterion per detail
_LIMIT = 8 * _LONG  # characters; the rest would be cut off later anyway

_NAMED = re.compile(
    r"(\*\*|__)(behaviou?r|scenario|requirement|feature|rule|case|criterion|ac)\b"
    r"|(behaviou?r|scenario)( outline)?( ?#?[\w.]+)? ?[:\u2013\u2014-]",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(\*\*|__)(?!\s).+\1:?\Z")
_ANY_INDENT = 1 << 20
_STRUCK = re.compile(r"~~.+~~\Z")


class _Detail(NamedTuple):
    text: str
    indent: int
    number: int


class _Step:
    """A Given, When or Then with everything under it."""

    def __init__(self, word: str, text: str, line: Line) -> None:
        self.word, self.line = word, line
        self.lead = text
        self.details: list[_Detail] = []
        self.context = ""

    def extend(self, text: str) -> None:
        """Append a continuation line to the last text, up to the limit."""
        if self.details:
            last = self.details[-1]
            self.details[-1] = last._replace(text=f"{last.text} {text}"[:_LIMIT])
        else:
            self.lead = f"{self.lead} {text}".strip()[:_LIMIT]

    def add_paragraph(self, line: Line) -> None:
        """Append a paragraph under the step's heading."""
        if self.details:
            self.details.append(_Detail(line.text, self.details[-1].indent, line.number))
        else:
            self.lead += "." if self.lead and not self.lead.endswith(tuple(".:;!?")) else ""
            self.extend(line.text)

    def owns(self, line: Line) -> bool:
        """Whether a line belongs to the step: under a list item an indented line, else any."""
        return self.line.kind != "item" or line.indent >= self.line.indent + 2

    def text(self) -> str:
        return _joined(self.lead, [detail.text for detail in self.details])

    def criteria(self) -> list[Item]:
        """One criterion, or one per outer detail when there are only details or too much text for one."""
        text = self.text()
        if not self.details or (self.lead and len(text) <= _LONG):
            return [Item(text, self.context, self.line.number)]
        outer = min(detail.indent for detail in self.details) + 1
        groups: list[list[_Detail]] = []
        for detail in self.details:
            if detail.indent <= outer or not groups:
                groups.append([])
            groups[-1].append(detail)
        texts = [_joined(group[0].text, [detail.text for detail in group[1:]]) for group in groups]
        numbers = [group[0].number for group in groups]
        return [Item(_joined(self.lead, [text]), self.context, line) for text, line in zip(texts, numbers, strict=True)]


class _BehaviorReader:
    """The state while a section is read: the open scenario, its last step, and the outcomes so far."""

    def __init__(self) -> None:
        self.name = ""
        self.preconditions: list[_Step] = []  # Given and When of the open scenario, with their And
        self.in_outcomes = False  # whether an And would now be an outcome
        self.last: _Step | None = None
        self.outcomes: list[_Step] = []
        self.context = ""  # of the next outcomes; rebuilt after another Given or When
        self.indent = _ANY_INDENT  # of the list item that names the behavior

    def step(self, word: str, text: str, line: Line) -> None:
        self.last = _Step(word, text, line)
        if self.in_outcomes and word in ("given", "when"):  # the next scenario, or the next event in this one
            whens = (index for index, step in enumerate(self.preconditions) if step.word == "when")
            self.preconditions = self.preconditions[: next(whens, None)] if word == "when" else []
        self.in_outcomes = word == "then" or (word in ("and", "but") and (self.in_outcomes or not self.preconditions))
        if self.in_outcomes:
            self.outcome(self.last)
        else:
            self.preconditions.append(self.last)
            self.context = ""

    def outcome(self, step: _Step) -> None:
        if not self.context:
            steps = [f"{before.word.capitalize()} {before.text()}" for before in self.preconditions]
            self.context = "; ".join(part for part in [self.name, *steps] if part)[:_LIMIT]
        step.context = self.context
        self.outcomes.append(step)

    def item(self, line: Line) -> None:
        is_name = self._is_name(line)
        if self.last and self.last.owns(line) and (not is_name or self.last.line.kind == "item"):
            self.last.details.append(_Detail(line.text, line.indent, line.number))
        elif line.box or (self.in_outcomes and self.last and not is_name and line.indent >= self.last.line.indent):
            self.last = _Step("and", line.text, line)  # an item among outcomes is one, with or without And
            self.outcome(self.last)
        elif is_name or line.indent <= self.indent:  # anything deeper only explains the behavior
            self.behavior(line)

    def heading(self, line: Line) -> None:
        if self.last and self.last.line.kind == "heading" and line.indent > self.last.line.indent:
            self.last.add_paragraph(line)
        else:
            self.behavior(line)

    def text(self, line: Line, after_blank: bool) -> None:
        if _NAMED.match(line.text) or (after_blank and self._is_name(line)):
            self.behavior(line)
        elif self.last and (not after_blank or line.indent >= self.last.line.indent + 2):
            self.last.extend(line.text)
        elif self.last and self.last.line.kind == "heading":
            self.last.add_paragraph(line)
        else:
            self.last = None

    def behavior(self, line: Line) -> None:
        self.name = line.text.replace("**", "").strip("_ :")
        self.preconditions, self.in_outcomes, self.last = [], False, None
        self.indent = line.indent if line.kind == "item" else _ANY_INDENT
        self.context = ""

    def _is_name(self, line: Line) -> bool:
        """Whether a line names a behavior; mere bold words may also be part of a step that is not a list item."""
        parent = self.last.line.kind if self.last else ""
        separate = parent in ("", "item") if line.kind == "item" else parent != "heading"
        return bool(_NAMED.match(line.text) or (separate and _BOLD.match(line.text)))


def outcomes(lines: list[Line]) -> list[Item]:
    """The Then outcomes and the Ands that follow them; empty when the section has no Then."""
    bare = "" if any(line.box for line in lines) else bare_kind(lines)
    if not any(word == "then" for line in lines for word, _ in steps_in(line, bare)):
        return []
    reader = _BehaviorReader()
    after_blank = False
    for line in lines:
        if steps := steps_in(line, bare):
            for word, text in steps:
                reader.step(word, text, line)
        elif line.kind == "item":
            reader.item(line)
        elif line.kind == "heading":
            reader.heading(line)
        elif line.kind == "text":
            reader.text(line, after_blank)
        elif line.kind == "rule":
            reader.last = None
        after_blank = line.kind == "blank"
    return [item for step in reader.outcomes for item in step.criteria()]


def checklist(lines: list[Line]) -> list[Item]:
    """The items of the section's lists; if any list has checkboxes, only of those that do."""
    lists: list[list[_Step]] = [[]]
    label = ""
    after_blank = False
    for line in lines:
        last = lists[-1][-1] if lists[-1] else None
        if line.kind == "item" and last and line.indent >= last.line.indent + 2:
            last.details.append(_Detail(line.text, line.indent, line.number))
        elif line.kind == "item":
            step = _Step("and", line.text, line)
            step.context = label
            lists[-1].append(step)
        elif line.kind == "text" and last and (not after_blank or line.indent >= last.line.indent + 2):
            last.extend(line.text)
        elif line.kind in ("heading", "text", "rule"):
            is_title = line.kind == "heading" or _BOLD.match(line.text) or line.text.endswith(":")
            label = line.text.strip("*_ :") if is_title else ""
            lists.append([])
        after_blank = line.kind == "blank"
    with_boxes = [steps for steps in lists if any(step.line.box for step in steps)]
    steps = [step for steps in with_boxes or lists for step in steps if not _STRUCK.match(step.line.text)]
    return [item for step in steps for item in step.criteria()]


def _joined(lead: str, details: list[str]) -> str:
    if not details:
        return lead
    text = "; ".join(detail.rstrip(" ;,.") for detail in details)
    return f"{lead.rstrip(' :.')}: {text}" if lead else text
