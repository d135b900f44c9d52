"""Reads the plain block YAML that agents write without importing a parser; what it does not surely know, it leaves."""

from assembly_line.core.named import Any
from assembly_line.yamlline import (
    MAX_DEPTH,
    Odd,
    as_text,
    begins_plain,
    inline,
    is_item,
    is_open,
    key_of,
    odd,
    plain_part,
    resolve,
)

UNSURE = object()  # what `read` returns for everything that only the real reader may judge
Path = tuple[Any, ...]  # keys and indexes
Lines = dict[Path, int]  # line numbers, from 1


def read(text: str, *, strings: bool = False, lines: Lines | None = None) -> object:
    """What textguard.load_yaml returns for the text, or UNSURE, and that for everything it would refuse.

    `lines` is filled as it fills them, and left alone when the reader is not sure.
    """
    if not text.replace("\n", "").isprintable():  # so the blank is the only white space
        return UNSURE
    reader = _Reader(text, strings, lines is not None)
    try:
        value = reader.block(1, ())
    except Odd:
        return UNSURE
    if reader.indent >= 0:
        return UNSURE
    if lines is not None:
        lines.update(reader.places)
    return value


def load(text: str, name: str, *, strings: bool = False, lines: Lines | None = None) -> Any:
    """The data of a YAML text, by the real reader where this one is not sure; LineError as textguard.load_yaml."""
    found = read(text, strings=strings, lines=lines)
    if found is UNSURE:
        from assembly_line import textguard  # 10 ms, which a hook pays only for what is rarely written

        found = textguard.load_yaml(text, name, strings=strings, lines=lines)
    return found


class _Reader:
    """The lines, and what the current one still holds from the column `indent` on; -1 behind the last."""

    def __init__(self, text: str, strings: bool, placed: bool) -> None:
        self.lines, self.at = text.split("\n"), 0
        self.open = bool(self.lines[-1])  # the last line has no end
        if not self.open:
            self.lines.pop()
        self.plain = as_text if strings else resolve
        self.placed, self.places = placed, Lines()
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

    def place(self, path: Path, at: int, value: object = None) -> None:
        """Note the line, counted from 0, of a value and of all that it holds."""
        if not self.placed:
            return
        self.places[path] = at + 1
        if isinstance(value, dict | list):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                self.place((*path, key), at, inner)

    def block(self, depth: int, path: Path) -> object:
        """The list or mapping that begins here; a line that fits nowhere ends all that are open."""
        if depth > MAX_DEPTH:
            raise Odd
        self.place(path, self.at)
        return (self.items if is_item(self.rest) else self.members)(self.indent, depth, path)

    def items(self, indent: int, depth: int, path: Path) -> list[object]:
        found: list[object] = []
        while self.indent == indent and is_item(self.rest):
            rest, own = self.rest[1:].lstrip(" "), (*path, len(found))
            if is_item(rest) or (not is_open(rest) and key_of(rest, self.plain)):  # it begins on the line of its dash
                self.indent, self.rest = indent + len(self.rest) - len(rest), rest
                found.append(self.block(depth + 1, own))
            else:
                found.append(self.value(rest, indent, depth, own, False))
        return found

    def members(self, indent: int, depth: int, path: Path) -> dict[object, object]:
        found: dict[object, object] = {}
        while self.indent == indent:
            key, rest = key_of(self.rest, self.plain) or odd()
            if key in found:
                raise Odd
            found[key] = self.value(rest, indent, depth, (*path, key), True)
        return found

    def value(self, rest: str, indent: int, depth: int, path: Path, is_member: bool) -> object:
        """The value of which the rest of a line shows the beginning; `indent` is that of what holds it."""
        at = self.at
        if rest[:1] in ("|", ">"):
            self.place(path, at + 1)  # its text starts below the sign
            return self.text(rest.partition(" #")[0].rstrip(" "), indent)
        if rest and begins_plain(rest):
            self.place(path, at)
            return self.plain(self.words(rest, indent))
        rest = self.quoted(rest, indent) if is_open(rest) else rest
        self.at += 1
        self.seek()
        if rest and rest[0] != "#":
            value, rest = inline(rest, depth, self.plain)
            if rest.partition(" #")[0].strip(" "):
                raise Odd
            self.place(path, at, value)
            return value
        if self.indent > indent or (is_member and self.indent == indent and is_item(self.rest)):
            return self.block(depth + 1, path)
        self.place(path, at)
        return None

    def words(self, rest: str, indent: int) -> str:
        """A plain scalar with the deeper lines in which it goes on."""
        part, ends = plain_part(rest)
        parts, gap = [part], 0
        self.at += 1
        while self.at < len(self.lines) and not ends:
            line = self.lines[self.at]
            rest = line.lstrip(" ")
            if rest:
                if len(line) - len(rest) <= indent or rest[0] == "#":
                    break
                part, ends = plain_part(rest)
                parts += ["\n" * gap or " ", part]
                gap = -1
            gap += 1
            self.at += 1
        self.seek()
        return "".join(parts)

    def quoted(self, rest: str, indent: int) -> str:
        """A single-quoted text that goes on in deeper lines, as it would stand on one."""
        parts, gap = [rest.rstrip(" ")], 0
        while is_open(rest):
            self.at += 1
            line = self.lines[self.at] if self.at < len(self.lines) else odd()
            inner = line.strip(" ")
            if inner and len(line) - len(line.lstrip(" ")) <= indent:
                raise Odd
            parts += ["\n" * gap or " ", inner] if inner else []
            rest, gap = f"'{inner}", 0 if inner else gap + 1
        return "".join(parts)

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
        if self.open and self.at == len(self.lines):
            raise Odd  # whether the text has an end of line is for the real reader
        self.seek()
        return "".join(parts) + {"": "\n", "-": "", "+": "\n" * (gap + 1)}[style[1:]]
