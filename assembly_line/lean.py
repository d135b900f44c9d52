"""JSON, digests and context managers without the modules around them, whose import would cost every hook 8 ms.

`json` imports `re`, `hashlib` loads OpenSSL, `contextlib` makes classes; the parts written in C that they stand on do
the same work. Where a Python has them not, the modules themselves are taken.
"""

from assembly_line.core.named import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import contextmanager as contextmanager
    from contextlib import suppress as suppress
    from hashlib import blake2b as blake2b
    from hashlib import sha256 as sha256
else:
    try:
        from _blake2 import blake2b as blake2b

        try:
            from _sha2 import sha256 as sha256
        except ImportError:  # before 3.12
            from _sha256 import sha256 as sha256
    except ImportError:
        from hashlib import blake2b as blake2b
        from hashlib import sha256 as sha256

    class suppress:
        """Go on behind the block when one of these errors ends it."""

        def __init__(self, *errors):
            self.errors = errors

        def __enter__(self):
            return None

        def __exit__(self, kind, error, trace):
            return kind is not None and issubclass(kind, self.errors)

    class _Managed:
        """A generator with one yield as a context manager."""

        def __init__(self, steps):
            self.steps = steps

        def __enter__(self):
            return next(self.steps)

        def __exit__(self, kind, error, trace):
            if kind is None:
                for _ in self.steps:
                    raise RuntimeError("a context manager has more than one yield")
                return False
            try:
                self.steps.throw(error)
            except StopIteration:
                return True
            raise RuntimeError("a context manager went on behind an error")

    def contextmanager(steps):
        """The function's generators as context managers."""

        def managed(*values, **named):
            return _Managed(steps(*values, **named))

        managed.__name__, managed.__doc__, managed.__wrapped__ = steps.__name__, steps.__doc__, steps
        return managed


class _Plain:
    """What the scanner in C asks for: JSON as `json.loads` reads it."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__


def _tools() -> tuple[Any, ...]:
    """A scanner, and encoders of compact, compact Unicode and canonical text; an error if this Python has them not."""
    from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner

    def refuse(value: object) -> object:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")

    kinds = ((encode_basestring_ascii, False), (encode_basestring, False), (encode_basestring_ascii, True))
    encoders = [make_encoder(None, refuse, text, None, ":", ",", sort, False, False) for text, sort in kinds]
    context: Any = _Plain()
    return make_scanner(context), *encoders


try:
    _scan, _compact, _unicode, _canonical = _tools()
except (ImportError, AttributeError, TypeError):
    _scan = None


def loads(data: str | bytes) -> Any:
    """The value of a JSON text, UTF-8 when in bytes; ValueError or RecursionError when it is none."""
    text = data if isinstance(data, str) else data.decode()
    if _scan is not None:
        stripped = text.strip(" \t\n\r")
        try:
            value, end = _scan(stripped, 0)
            if end == len(stripped):
                return value
        except (StopIteration, SystemError, ValueError):
            pass
    import json

    return json.loads(text)  # which says what is wrong


def dumps(value: Any, *, ascii: bool = True) -> str:
    """A value as compact JSON; TypeError or ValueError when JSON has no form for it."""
    if _scan is None:
        import json

        return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=ascii)
    return "".join((_compact if ascii else _unicode)(value, 0))


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted members, no blanks, ASCII."""
    if _scan is None:
        import json

        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    return "".join(_canonical(value, 0)).encode("ascii")
