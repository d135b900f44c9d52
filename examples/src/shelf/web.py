"""The page and its JSON interface, as a WSGI application."""

import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from shelf import store
from shelf.model import Loan, ShelfError

PAGE = Path(__file__).with_name("page.html")
MAX_BODY = 10_000  # bytes
Respond = Callable[[str, list[tuple[str, str]]], Any]
App = Callable[[dict[str, Any], Respond], Iterable[bytes]]


class BadRequest(Exception):
    """A request that no state of the library could satisfy."""


def make_app(path: Path, today: Callable[[], date] = date.today) -> App:
    """An application over the library file."""

    def app(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        try:
            status, kind, body = answer(environ, path, today())
        except BadRequest as error:
            status, kind, body = failure("400 Bad Request", str(error))
        except ShelfError as error:
            status, kind, body = failure("409 Conflict", str(error))
        respond(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return app


def answer(environ: dict[str, Any], path: Path, today: date) -> tuple[str, str, bytes]:
    """Status, content type and body for one request."""
    route = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
    if route == ("GET", "/"):
        return "200 OK", "text/html; charset=utf-8", PAGE.read_bytes()
    if route == ("GET", "/books"):
        return as_json("200 OK", [book._asdict() for book in store.load(path).books.values()])
    if route == ("GET", "/loans"):
        return as_json("200 OK", [loan_data(loan) for loan in store.load(path).open_loans()])
    if route == ("POST", "/loans"):
        wanted = read_json(environ, ("book", "reader"))
        library = store.load(path)
        loan = library.lend(wanted["book"], wanted["reader"], today)
        store.save(library, path)
        return as_json("201 Created", loan_data(loan))
    return failure("404 Not Found", f"there is no {route[0]} {route[1]}")


def loan_data(loan: Loan) -> dict[str, str]:
    return {"book": loan.book, "reader": loan.reader, "lent": loan.lent.isoformat(), "due": loan.due.isoformat()}


def read_json(environ: dict[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """The request's object, with exactly the named text fields."""
    size = environ.get("CONTENT_LENGTH") or "0"
    if not size.isdigit() or int(size) > MAX_BODY:
        raise BadRequest(f"the body may have at most {MAX_BODY} bytes")
    try:
        data = json.loads(environ["wsgi.input"].read(int(size)))
    except ValueError as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(data, dict) or set(data) != set(fields) or not all(isinstance(v, str) for v in data.values()):
        raise BadRequest(f"the body needs exactly these text fields: {', '.join(fields)}")
    return data


def as_json(status: str, value: Any) -> tuple[str, str, bytes]:
    return status, "application/json", json.dumps(value, ensure_ascii=False).encode()


def failure(status: str, message: str) -> tuple[str, str, bytes]:
    return as_json(status, {"error": message})
