import sys
import tempfile
import unittest
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from shelf import store
from shelf.library import Library
from shelf.model import Book, ShelfError


class StoreTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "library.json"

    def test_what_is_saved_is_loaded(self) -> None:
        library = Library([Book("b1", "Solaris", "Stanisław Lem")])
        library.lend("b1", "mira", date(2026, 3, 2))
        library.give_back("b1", date(2026, 3, 9))
        library.lend("b1", "jon", date(2026, 3, 9))
        store.save(library, self.path)
        loaded = store.load(self.path)
        self.assertEqual((loaded.books, loaded.loans), (library.books, library.loans))

    def test_no_file_is_an_empty_library(self) -> None:
        self.assertEqual(store.load(self.path).books, {})

    def test_a_broken_file_is_refused_and_named(self) -> None:
        for text in ("", "[]", '{"books": []}', '{"books": [{"id": "b1"}], "loans": []}'):
            self.path.write_text(text, encoding="utf-8")
            with self.subTest(text=text), self.assertRaisesRegex(ShelfError, "library.json is not a library file"):
                store.load(self.path)


if __name__ == "__main__":
    unittest.main()
