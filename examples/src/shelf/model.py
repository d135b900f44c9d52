"""Books and loans, and what holds for a single one of them."""

from datetime import date, timedelta
from typing import NamedTuple

LOAN_DAYS = 21


class ShelfError(Exception):
    """A refusal; the message says what the person at the desk can do."""


class Book(NamedTuple):
    id: str
    title: str
    author: str


class Loan(NamedTuple):
    book: str
    reader: str
    lent: date
    due: date
    returned: date | None = None

    @property
    def is_open(self) -> bool:
        return self.returned is None


def start_loan(book: str, reader: str, today: date) -> Loan:
    """A loan that begins today and is due after LOAN_DAYS."""
    if not reader.strip():
        raise ShelfError("a loan needs a reader's name")
    return Loan(book, reader.strip(), today, today + timedelta(days=LOAN_DAYS))
