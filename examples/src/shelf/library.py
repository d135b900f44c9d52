"""The library: which books there are and who has them."""

from collections.abc import Iterable
from datetime import date

from shelf.model import Book, Loan, ShelfError, start_loan


class Library:
    """Books by id, and every loan ever made, oldest first."""

    def __init__(self, books: Iterable[Book] = (), loans: Iterable[Loan] = ()) -> None:
        self.books = {book.id: book for book in books}
        self.loans = list(loans)

    def add(self, book: Book) -> None:
        if book.id in self.books:
            raise ShelfError(f"there is already a book {book.id!r}: {self.books[book.id].title}")
        self.books[book.id] = book

    def lend(self, book_id: str, reader: str, today: date) -> Loan:
        self._known(book_id)
        current = self.loan_of(book_id)
        if current:
            raise ShelfError(f"book {book_id!r} is lent to {current.reader} until {current.due}")
        loan = start_loan(book_id, reader, today)
        self.loans.append(loan)
        return loan

    def give_back(self, book_id: str, today: date) -> Loan:
        self._known(book_id)
        current = self.loan_of(book_id)
        if not current:
            raise ShelfError(f"book {book_id!r} is not lent")
        if today < current.lent:
            raise ShelfError(f"book {book_id!r} was lent on {current.lent}, after {today}")
        closed = current._replace(returned=today)
        self.loans[self.loans.index(current)] = closed
        return closed

    def loan_of(self, book_id: str) -> Loan | None:
        """The open loan of a book, if it is lent."""
        return next((loan for loan in self.loans if loan.book == book_id and loan.is_open), None)

    def open_loans(self) -> list[Loan]:
        """Loans not yet returned, earliest due date first."""
        return sorted((loan for loan in self.loans if loan.is_open), key=lambda loan: (loan.due, loan.book))

    def _known(self, book_id: str) -> None:
        if book_id not in self.books:
            raise ShelfError(f"there is no book {book_id!r}")
