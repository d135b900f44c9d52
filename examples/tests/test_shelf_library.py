import sys
import unittest
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from shelf.library import Library
from shelf.model import Book, ShelfError

DAY = date(2026, 3, 2)


class LibraryTest(unittest.TestCase):
    def setUp(self) -> None:
        self.library = Library([Book("b1", "Emma", "Jane Austen"), Book("b2", "Dracula", "Bram Stoker")])

    def test_a_loan_is_due_after_three_weeks(self) -> None:
        self.assertEqual(self.library.lend("b1", "mira", DAY).due, date(2026, 3, 23))

    def test_a_lent_book_is_not_lent_again(self) -> None:
        self.library.lend("b1", "mira", DAY)
        with self.assertRaisesRegex(ShelfError, "lent to mira"):
            self.library.lend("b1", "jon", DAY)

    def test_a_returned_book_can_be_lent_again(self) -> None:
        self.library.lend("b1", "mira", DAY)
        self.library.give_back("b1", date(2026, 3, 9))
        self.assertEqual(self.library.lend("b1", "jon", date(2026, 3, 9)).reader, "jon")

    def test_a_book_is_not_returned_before_it_was_lent(self) -> None:
        self.library.lend("b1", "mira", DAY)
        with self.assertRaisesRegex(ShelfError, "was lent on 2026-03-02"):
            self.library.give_back("b1", date(2026, 3, 1))

    def test_unknown_books_and_nameless_readers_are_refused(self) -> None:
        for book, reader in (("b9", "mira"), ("b1", "  ")):
            with self.subTest(book=book), self.assertRaises(ShelfError):
                self.library.lend(book, reader, DAY)

    def test_open_loans_come_in_the_order_of_their_due_dates(self) -> None:
        self.library.lend("b2", "jon", date(2026, 3, 4))
        self.library.lend("b1", "mira", DAY)
        self.assertEqual([loan.book for loan in self.library.open_loans()], ["b1", "b2"])


if __name__ == "__main__":
    unittest.main()
