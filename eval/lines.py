"""Read the lines of a file that a stranger made, and check the fields of its records."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.errors import DataError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank with its number from 1; a byte order mark and CRLF are dropped.

    Only LF ends a line: JSON may hold U+2028 and its like unescaped, where `str.splitlines` would cut. Raises
    `DataError` for a file that can't be opened and for bytes that are not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                start = len(BYTE_ORDER_MARK) if number == 1 and raw.startswith(BYTE_ORDER_MARK) else 0
                try:
                    line = raw[start:].decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError as error:
                    message = f"byte {error.start + start + 1} of this line is not UTF-8; save the file as UTF-8"
                    raise DataError(path, message, number) from None
                if line.strip():
                    yield number, line
    except OSError as error:
        raise DataError(path, f"can't be read: {error.strerror or error}") from None


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON object of each line with its line number; raise `DataError` for anything else."""
    for number, line in read_lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(path, f"broken JSON at column {error.colno}: {error.msg}", number) from None
        except (ValueError, RecursionError):
            raise DataError(path, "broken JSON: a number is too long or the nesting too deep", number) from None
        if not isinstance(record, dict):
            raise DataError(path, f"expected a JSON object, found {json_type(record)}", number)
        yield number, record


def text_field(record: dict[str, Any], name: str, path: Path, line: int) -> str:
    """Return the string field `name`; raise `DataError` where it is missing, no string or not Unicode text."""
    if name not in record:
        raise DataError(path, f'the field "{name}" is missing', line)
    return check_text(record[name], name, path, line)


def id_field(record: dict[str, Any], name: str, path: Path, line: int) -> str:
    """Return the string field `name` as an id: not blank, without control characters."""
    return check_id(text_field(record, name, path, line), name, path, line)


def check_text(value: Any, name: str, path: Path, line: int) -> str:
    """Return `value` if it is a string of whole characters; JSON escapes can smuggle in halves of surrogate pairs."""
    if not isinstance(value, str):
        raise DataError(path, f'"{name}" must be a string, found {json_type(value)}', line)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(path, f'"{name}" holds half of a surrogate pair, which is no character', line)
    return value


def check_id(value: str, name: str, path: Path, line: int) -> str:
    """Return `value` if it can be an id: the measures' C library stops at NUL, TREC files at a tab or line end."""
    if not value.strip():
        raise DataError(path, f'"{name}" is blank', line)
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise DataError(path, f'"{name}" {value!r} holds a control character', line)
    return value


def json_type(value: object) -> str:
    """Name the JSON type of a decoded value, for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
