"""The library file: JSON in, a library out, and back."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from shelf.library import Library
from shelf.model import Book, Loan, ShelfError


def load(path: Path) -> Library:
    """The library in the file; an empty one when there is no file."""
    if not path.exists():
        return Library()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Library((Book(**book) for book in data["books"]), (_loan(loan) for loan in data["loans"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ShelfError(f"{path} is not a library file: {error}") from error


def save(library: Library, path: Path) -> None:
    """Write the library whole; a reader sees the old file or the new one."""
    data = {
        "books": [book._asdict() for book in library.books.values()],
        "loans": [{key: _text(value) for key, value in loan._asdict().items()} for loan in library.loans],
    }
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _loan(data: dict[str, Any]) -> Loan:
    lent, due = date.fromisoformat(data["lent"]), date.fromisoformat(data["due"])
    returned = date.fromisoformat(data["returned"]) if data["returned"] else None
    return Loan(data["book"], data["reader"], lent, due, returned)
