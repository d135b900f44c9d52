"""Reads the plain block YAML that agents write without importing a parser; what it does not surely know, it leaves."""

from assembly_line.core.named import Any
from assembly_line.yamlline import MAX_DEPTH, Odd, inline, is_item, key_of, odd

UNSURE = object()  # what `read` returns for everything that only the real reader may judge


def read(text: str) -> object:
    """What textguard.load_yaml returns for the text, or UNSURE, and that for everything it would refuse."""
    if not text.endswith("\n") or not text.replace("\n", "").isprintable():  # so the blank is the only white space
        return UNSURE
    reader = _Reader(text.split("\n")[:-1])
    try:
        value = reader.block(1)
    except Odd:
        return UNSURE
    return value if reader.indent < 0 else UNSURE


def load(text: str, name: str) -> Any:
    """The data of a YAML text, by the real reader where this one is not sure; LineError as textguard.load_yaml."""
    found = read(text)
    if found is UNSURE:
        from assembly_line import textguard  # 10 ms, which a hook pays only for what is rarely written

        found = textguard.load_yaml(text, name)
    return found


class _Reader:
    """The lines, and what the current one still holds from the column `indent` on; -1 behind the last."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0
        self.seek()

    def seek(self) -> None:
        """Skip lines that hold nothing, from the current one on."""
        self.indent, self.rest = -1, ""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            rest = line.lstrip(" ")
            if rest and rest[0] != "#":
                self.indent, self.rest = len(line) - len(rest), rest
                return
            self.at += 1

    def block(self, depth: int) -> object:
        """The list or mapping that begins here; a line that fits nowhere ends all that are open."""
        if depth > MAX_DEPTH:
            raise Odd
        return self.items(self.indent, depth) if is_item(self.rest) else self.members(self.indent, depth)

    def items(self, indent: int, depth: int) -> list[object]:
        found: list[object] = []
        while self.indent == indent and is_item(self.rest):
            rest = self.rest[1:].lstrip(" ")
            if is_item(rest) or key_of(rest):  # it begins on the line of its dash
                self.indent, self.rest = indent + len(self.rest) - len(rest), rest
                found.append(self.block(depth + 1))
            else:
                found.append(self.value(rest, indent, depth, False))
        return found

    def members(self, indent: int, depth: int) -> dict[object, object]:
        found: dict[object, object] = {}
        while self.indent == indent:
            key, rest = key_of(self.rest) or odd()
            if key in found:
                raise Odd
            found[key] = self.value(rest, indent, depth, True)
        return found

    def value(self, rest: str, indent: int, depth: int, is_member: bool) -> object:
        """The value of which the rest of a line shows the beginning; `indent` is that of what holds it."""
        if rest[:1] in ("|", ">"):
            return self.text(rest.partition(" #")[0].rstrip(" "), indent)
        self.at += 1
        self.seek()
        if rest and rest[0] != "#":
            value, rest = inline(rest, depth)
            if rest.partition(" #")[0].strip(" "):
                raise Odd
            return value
        if self.indent > indent or (is_member and self.indent == indent and is_item(self.rest)):
            return self.block(depth + 1)
        return None

    def text(self, style: str, indent: int) -> str:
        """A text block, literal or folded."""
        if style not in ("|", "|-", "|+", ">", ">-", ">+"):
            raise Odd
        start = self.at = self.at + 1
        while self.at < len(self.lines) and not self.lines[self.at].strip(" "):
            self.at += 1
        first = self.lines[self.at] if self.at < len(self.lines) else ""
        margin = len(first) - len(first.lstrip(" "))
        if margin <= indent or any(len(line) > margin for line in self.lines[start : self.at]):
            raise Odd
        parts, last, gap = [], "", self.at - start
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if len(line) <= margin and not line.strip(" "):
                gap += 1
            elif line[:margin].strip(" "):
                break
            else:
                line = line[margin:]
                if style[0] == ">" and last and " " not in (last[0], line[0]):
                    parts += ["\n" * gap or " ", line]
                else:
                    parts += ["\n" * (gap + bool(last)), line]
                last, gap = line, 0
            self.at += 1
        self.seek()
        return "".join(parts) + {"": "\n", "-": "", "+": "\n" * (gap + 1)}[style[1:]]
