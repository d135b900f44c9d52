"""Takes the criteria out of one Markdown section: outcomes of behaviors, or the items of a checklist."""

import re
from typing import NamedTuple

from assembly_line.intake.draft import Found
from assembly_line.intake.gherkin import bare_kind, steps_in
from assembly_line.intake.lines import Line

LONG = 600  # characters; an outcome whose details make it longer becomes one criterion for each detail
FAR = 8 * LONG  # characters; what follows is cut off anyway

_NAMED = re.compile(
    r"(\*\*|__)(behaviou?r|scenario|requirement|feature|rule|case|criterion|ac)\b"
    r"|(behaviou?r|scenario)( outline)?( ?#?[\w.]+)? ?[:\u2013\u2014-]",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(\*\*|__)(?!\s).+\1:?\Z")
_ANY = 1 << 20
_STRUCK = re.compile(r"~~.+~~\Z")


class _Detail(NamedTuple):
    text: str
    indent: int
    number: int


class _Step:
    """A Given, When or Then with all that is written under it."""

    def __init__(self, word: str, text: str, line: Line) -> None:
        self.word, self.line = word, line
        self.lead = text
        self.details: list[_Detail] = []
        self.context = ""

    def go_on(self, text: str) -> None:
        """Add a continuation line to what was written last, as far as anybody will read it."""
        if self.details:
            last = self.details[-1]
            self.details[-1] = last._replace(text=f"{last.text} {text}"[:FAR])
        else:
            self.lead = f"{self.lead} {text}".strip()[:FAR]

    def paragraph(self, line: Line) -> None:
        """Add a paragraph that stands under the step's heading."""
        if self.details:
            self.details.append(_Detail(line.text, self.details[-1].indent, line.number))
        else:
            stop = "." if self.lead and not self.lead.endswith(tuple(".:;!?")) else ""
            self.lead += stop
            self.go_on(line.text)

    def holds(self, line: Line) -> bool:
        """Whether a line belongs to it: an indented one, or under a step that is no list item any line."""
        return self.line.kind != "item" or line.indent >= self.line.indent + 2

    def whole(self) -> str:
        return _joined(self.lead, [detail.text for detail in self.details])

    def found(self) -> list[Found]:
        """One criterion; one for each outer detail where there is nothing but details, or too much for one."""
        whole = self.whole()
        if not self.details or (self.lead and len(whole) <= LONG):
            return [Found(whole, self.context, self.line.number)]
        outer = min(detail.indent for detail in self.details) + 1
        groups: list[list[_Detail]] = []
        for detail in self.details:
            if detail.indent <= outer or not groups:
                groups.append([])
            groups[-1].append(detail)
        texts = [_joined(group[0].text, [detail.text for detail in group[1:]]) for group in groups]
        places = [group[0].number for group in groups]
        return [
            Found(_joined(self.lead, [text]), self.context, place) for text, place in zip(texts, places, strict=True)
        ]


class _Behaviors:
    """What has been read of a section: the scenario that is open, its last step, and the outcomes so far."""

    def __init__(self) -> None:
        self.name = ""
        self.given: list[_Step] = []  # Given and When of the open scenario, with their And
        self.outcome = False  # whether an And would now be an outcome
        self.last: _Step | None = None
        self.results: list[_Step] = []
        self.context = ""  # of the outcomes that come next; made new when there was another Given or When
        self.indent = _ANY  # of the list item that names the behavior

    def step(self, word: str, text: str, line: Line) -> None:
        self.last = _Step(word, text, line)
        if self.outcome and word in ("given", "when"):  # the next scenario, or the next event in this one
            first = next((index for index, step in enumerate(self.given) if step.word == "when"), len(self.given))
            self.given = [] if word == "given" else self.given[:first]
        self.outcome = word == "then" or (word in ("and", "but") and (self.outcome or not self.given))
        if self.outcome:
            self.result(self.last)
        else:
            self.given.append(self.last)
            self.context = ""

    def result(self, step: _Step) -> None:
        if not self.context:
            told = [f"{given.word.capitalize()} {given.whole()}" for given in self.given]
            self.context = "; ".join(part for part in [self.name, *told] if part)[:FAR]
        step.context = self.context
        self.results.append(step)

    def item(self, line: Line) -> None:
        named = self._names(line)
        if self.last and self.last.holds(line) and (not named or self.last.line.kind == "item"):
            self.last.details.append(_Detail(line.text, line.indent, line.number))
        elif line.box or (self.outcome and self.last and not named and line.indent >= self.last.line.indent):
            self.last = _Step("and", line.text, line)  # an item among the outcomes is one, with or without And
            self.result(self.last)
        elif named or line.indent <= self.indent:  # anything deeper only explains the behavior
            self.behavior(line)

    def heading(self, line: Line) -> None:
        if self.last and self.last.line.kind == "heading" and line.indent > self.last.line.indent:
            self.last.paragraph(line)
        else:
            self.behavior(line)

    def text(self, line: Line, after_blank: bool) -> None:
        if _NAMED.match(line.text) or (after_blank and self._names(line)):
            self.behavior(line)
        elif self.last and (not after_blank or line.indent >= self.last.line.indent + 2):
            self.last.go_on(line.text)
        elif self.last and self.last.line.kind == "heading":
            self.last.paragraph(line)
        else:
            self.last = None

    def behavior(self, line: Line) -> None:
        self.name, self.given, self.outcome, self.last = line.text.replace("**", "").strip("_ :"), [], False, None
        self.indent = line.indent if line.kind == "item" else _ANY
        self.context = ""

    def _names(self, line: Line) -> bool:
        """Whether a line is a behavior's name; mere bold words may also be part of a step that is no list item."""
        under = self.last.line.kind if self.last else ""
        apart = under in ("", "item") if line.kind == "item" else under != "heading"
        return bool(_NAMED.match(line.text) or (apart and _BOLD.match(line.text)))


def outcomes(lines: list[Line]) -> list[Found]:
    """The Then outcomes, and what follows them with And; empty when the section has no Then."""
    bare = "" if any(line.box for line in lines) else bare_kind(lines)
    if not any(word == "then" for line in lines for word, _ in steps_in(line, bare)):
        return []
    read = _Behaviors()
    after_blank = False
    for line in lines:
        if steps := steps_in(line, bare):
            for word, text in steps:
                read.step(word, text, line)
        elif line.kind == "item":
            read.item(line)
        elif line.kind == "heading":
            read.heading(line)
        elif line.kind == "text":
            read.text(line, after_blank)
        elif line.kind == "rule":
            read.last = None
        after_blank = line.kind == "blank"
    return [found for step in read.results for found in step.found()]


def checklist(lines: list[Line]) -> list[Found]:
    """The items of the section's lists; where it has checkboxes, those of lists with a checkbox only."""
    runs: list[list[_Step]] = [[]]
    label = ""
    after_blank = False
    for line in lines:
        last = runs[-1][-1] if runs[-1] else None
        if line.kind == "item" and last and line.indent >= last.line.indent + 2:
            last.details.append(_Detail(line.text, line.indent, line.number))
        elif line.kind == "item":
            step = _Step("and", line.text, line)
            step.context = label
            runs[-1].append(step)
        elif line.kind == "text" and last and (not after_blank or line.indent >= last.line.indent + 2):
            last.go_on(line.text)
        elif line.kind in ("heading", "text", "rule"):
            titled = line.kind == "heading" or _BOLD.match(line.text) or line.text.endswith(":")
            label = line.text.strip("*_ :") if titled else ""
            runs.append([])
        after_blank = line.kind == "blank"
    boxes = [run for run in runs if any(step.line.box for step in run)]
    kept = [step for run in boxes or runs for step in run if not _STRUCK.match(step.line.text)]
    return [found for step in kept for found in step.found()]


def _joined(lead: str, details: list[str]) -> str:
    if not details:
        return lead
    told = "; ".join(detail.rstrip(" ;,.") for detail in details)
    return f"{lead.rstrip(' :.')}: {told}" if lead else told
