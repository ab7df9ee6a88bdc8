"""Forms, by which some senders post their webhooks: multipart or URL-encoded, as their bytes say."""

from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File

from rollcall.bounds import LARGEST_BODY, MOST_PARTS
from rollcall.errors import TooLarge, Unreadable

_LONGEST_BOUNDARY = 70  # characters; RFC 2046 allows no more
_OVER_BOUNDS = "exceeded"  # how the library's sentence ends for headers over its bounds, 8 in a part and 4 KB each


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; of those with one name the last. Raises `Unreadable` and `TooLarge`."""
    content = body.lstrip()
    fields = _multipart(content) if content.startswith(b"--") else _urlencoded(content)
    if not fields:
        raise Unreadable("The body is neither JSON nor a form.")
    return fields


def _multipart(body: bytes) -> dict[str, str]:
    boundary = body.partition(b"\n")[0].removeprefix(b"--").strip()  # the header's, if there is one, is the same
    if len(boundary) > _LONGEST_BOUNDARY:
        raise TooLarge(f"The boundary of a form has {len(boundary)} bytes; {_LONGEST_BOUNDARY} are the most.")
    fields: list[tuple[str, str]] = []

    def add(name: bytes | None, content: bytes) -> None:
        if len(fields) == MOST_PARTS:
            raise _too_many()
        fields.append((_text(name or b""), _text(content)))

    def add_field(field: Field) -> None:
        add(field.field_name, field.value or b"")

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        add(file.field_name, file.file_object.read())

    in_memory = {"MAX_MEMORY_FILE_SIZE": LARGEST_BODY}
    try:
        parser = FormParser("multipart/form-data", add_field, add_file, boundary=boundary, config=in_memory)
        parser.write(body if b"\r\n" in body else body.replace(b"\n", b"\r\n"))  # some write lines as files have them
        parser.finalize()
    except FormParserError as error:
        if str(error).endswith(_OVER_BOUNDS):
            raise TooLarge("The form has too many or too long headers.") from error
        raise Unreadable("The form is broken.") from error
    return dict(fields)


def _urlencoded(body: bytes) -> dict[str, str]:
    text = _text(body)
    if text.count("&") >= MOST_PARTS:
        raise _too_many()
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise Unreadable("The form is not UTF-8.") from error


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("The form is not UTF-8.") from error


def _too_many() -> TooLarge:
    return TooLarge(f"The form has more than {MOST_PARTS} fields.")
