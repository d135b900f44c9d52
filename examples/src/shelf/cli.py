"""The desk's command line; exit status 0 done, 1 refused, 2 wrong usage."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from wsgiref.simple_server import make_server

from shelf import store
from shelf.model import Book, ShelfError
from shelf.web import make_app


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="shelf", description="Lend the books of a small library.")
    top.add_argument("--file", type=Path, default=Path("library.json"), help="the library file (default: %(default)s)")
    commands = top.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a book")
    for name in ("id", "title", "author"):
        add.add_argument(name)
    lend = commands.add_parser("lend", help="lend a book")
    lend.add_argument("book")
    lend.add_argument("reader")
    back = commands.add_parser("return", help="take a book back")
    back.add_argument("book")
    for command in (lend, back):
        command.add_argument("--on", type=date.fromisoformat, default=None, metavar="DATE", help="instead of today")
    commands.add_parser("list", help="list the books and who has them")
    serve = commands.add_parser("serve", help="serve the page and the interface on this machine")
    serve.add_argument("--port", type=int, default=8000)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return run(args)
    except ShelfError as error:
        print(f"shelf: {error}", file=sys.stderr)
        return 1


def run(args: argparse.Namespace) -> int:
    if args.command == "serve":
        with make_server("127.0.0.1", args.port, make_app(args.file)) as server:
            print(f"http://127.0.0.1:{server.server_port}/")
            server.serve_forever()
        return 0
    library = store.load(args.file)
    if args.command == "list":
        for book in library.books.values():
            loan = library.loan_of(book.id)
            print(f"{book.id}  {book.title}, {book.author}" + (f"  [{loan.reader} until {loan.due}]" if loan else ""))
        return 0
    if args.command == "add":
        library.add(Book(args.id, args.title, args.author))
    elif args.command == "lend":
        loan = library.lend(args.book, args.reader, args.on or date.today())
        print(f"due {loan.due}")
    elif args.command == "return":
        library.give_back(args.book, args.on or date.today())
    store.save(library, args.file)
    return 0
