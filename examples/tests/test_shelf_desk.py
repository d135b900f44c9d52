import contextlib
import io
import json
import sys
import tempfile
import unittest
from datetime import date
from pathlib import Path
from wsgiref.util import setup_testing_defaults

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from shelf.cli import main
from shelf.web import make_app


class DeskTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "library.json"
        self.shelf("add", "b1", "Emma", "Jane Austen")

    def shelf(self, *args: str) -> tuple[int, str, str]:
        """Exit status, output and error output of one command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["--file", str(self.path), *args])
        return status, out.getvalue(), err.getvalue()

    def request(self, method: str, route: str, body: bytes = b"") -> tuple[str, bytes]:
        """Status line and body of one request, made on 2 March 2026."""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": route,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        seen: list[str] = []
        chunks = make_app(self.path, lambda: date(2026, 3, 2))(environ, lambda status, _headers: seen.append(status))
        return seen[0], b"".join(chunks)

    def test_a_lent_book_is_listed_with_its_reader(self) -> None:
        self.assertEqual(self.shelf("lend", "b1", "mira", "--on", "2026-03-02"), (0, "due 2026-03-23\n", ""))
        self.assertEqual(self.shelf("list")[1], "b1  Emma, Jane Austen  [mira until 2026-03-23]\n")

    def test_a_refusal_is_one_line_and_status_1(self) -> None:
        self.assertEqual(self.shelf("return", "b1"), (1, "", "shelf: book 'b1' is not lent\n"))

    def test_a_loan_made_by_request_is_kept(self) -> None:
        status, body = self.request("POST", "/loans", b'{"book": "b1", "reader": "mira"}')
        self.assertEqual((status, json.loads(body)["due"]), ("201 Created", "2026-03-23"))
        self.assertEqual(len(json.loads(self.request("GET", "/loans")[1])), 1)

    def test_bad_requests_are_answered_with_their_status(self) -> None:
        for method, route, body, status in (
            ("POST", "/loans", b"nonsense", "400 Bad Request"),
            ("POST", "/loans", b'{"book": "b1"}', "400 Bad Request"),
            ("POST", "/loans", b'{"book": "b9", "reader": "mira"}', "409 Conflict"),
            ("GET", "/nowhere", b"", "404 Not Found"),
        ):
            with self.subTest(route=route, body=body):
                answer = self.request(method, route, body)
                self.assertEqual(answer[0], status)
                self.assertIn("error", json.loads(answer[1]))

    def test_the_page_is_served(self) -> None:
        self.assertIn(b"<title>shelf</title>", self.request("GET", "/")[1])


if __name__ == "__main__":
    unittest.main()
