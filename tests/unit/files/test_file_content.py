import gzip
import time
from io import BytesIO
from random import Random
from zipfile import ZIP_STORED, ZipFile

import pytest

from backend.services.files.media_types import HEAD_BYTES, judge_type
from backend.services.files.uploads import inspect

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
UNKNOWN = "application/octet-stream"


def zipped(*names: str) -> bytes:
    """An archive with these files. What stands behind a colon is the content."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_STORED) as entries:
        for name, _, content in (name.partition(":") for name in names):
            entries.writestr(name, content or "<xml/>")
    return archive.getvalue()


def office(part: str) -> bytes:
    return zipped("[Content_Types].xml", "_rels/.rels", part)


def boxed(brand: bytes) -> bytes:
    """The beginning of a file of the MP4 family."""
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1" + brand + bytes(64)


BINARY = {
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(64), "image/jpeg"),
    "gif": (b"GIF89a\x20\0\x20\0" + bytes(64), "image/gif"),
    "webp": (b"RIFF\x4c\0\0\0WEBPVP8 " + bytes(64), "image/webp"),
    "heic": (boxed(b"heic"), "image/heic"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    "pdf as text": (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
    "zip": (zipped("letter.txt"), "application/zip"),
    "empty zip": (zipped(), "application/zip"),
    "docx": (office("word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
    "xlsx": (office("xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
    "pptx": (office("ppt/presentation.xml"), f"{OFFICE}.presentationml.presentation"),
    "odt": (zipped(f"mimetype:{OPEN_DOCUMENT}.text", "content.xml"), f"{OPEN_DOCUMENT}.text"),
    "mp4": (boxed(b"mp42"), "video/mp4"),
    "mp3": (b"ID3\x03\0\0\0\0\0\0\xff\xfb\x90\x64" + bytes(64), "audio/mpeg"),
    "mp3 without tags": (b"\xff\xfb\x90\x64" + bytes(64), "audio/mpeg"),
    "exe": (b"MZ\x90\0\3\0\0\0" + bytes(64), "application/x-msdownload"),
    "elf": (b"\x7fELF\2\1\1" + bytes(57), "application/x-executable"),
    "gzip": (gzip.compress(b"text"), "application/gzip"),
}

HTML = "text/html"
SVG = "image/svg+xml"
XML = "application/xml"
MARKUP = [
    (b"<html><body>", HTML),
    (b"<!DOCTYPE html>", HTML),
    (b"<!doctype\n html public", HTML),
    (b"\xef\xbb\xbf \r\n\t<!-- one --><!-- two -->\n<HTML>", HTML),
    (b"<script>alert(1)</script>", HTML),
    (b"<h1 onclick='x'>", HTML),
    (b"<?php echo 1 ?><p>", HTML),
    (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", HTML),
    (b"<!-- " + b"x" * HEAD_BYTES, HTML),
    ("<html>".encode("utf-16"), HTML),
    (b"<svg/>", SVG),
    (b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>", SVG),
    (b"<?xml version='1.0'?>\n<!-- x\n-->\n<!DOCTYPE svg PUBLIC '-//W3C'>\n<svg>", SVG),
    (b"<?xml version='1.0'?><note/>", XML),
    (b"<?xml version='1.0' " + b" " * HEAD_BYTES, XML),
    (b"<rss version='2.0'>", XML),
    (b"<project xmlns='x'>", XML),
]

HARMLESS = [
    (b"a,b\n1,2\n", "table.csv", "text/csv"),
    (b"# Title\n", "READ.ME.MD", "text/markdown"),
    (b"<!-- contents -->\n# Title\n", "notes.markdown", "text/markdown"),
    (b' {"a": 1}', "data.json", "application/json"),
    (b"[1]", "data.json", "application/json"),
    (b"no such thing", "data.json", "text/plain"),
    (b"text", "picture.png", "text/plain"),
    (b"text", "page.html", "text/plain"),
    (b"", "", "text/plain"),
    (b"a\tb\r\nc\x0c", "letter", "text/plain"),
    (b"\xef\xbb\xbftext", "letter", "text/plain"),
    ("Grüße, 漢字 😀".encode(), "letter", "text/plain"),
    ("Grüße".encode("utf-16"), "letter", "text/plain"),
    (b"\xfe\xff" + "Grüße".encode("utf-16-be"), "letter", "text/plain"),
    (b"2 < 3 and <3 and <me@example.com>", "letter", "text/plain"),
    (b"<me@example.com> wrote", "letter", "text/plain"),
    (b"BMW, GIF89a, MZ and Rar! are words", "letter", "text/plain"),
    (b"MZ stands at the beginning", "letter", "text/plain"),
]

TABLES = [
    b'name,notes\nAda,"Tel\x1f4000"\n',
    b"name\nfirst\x0bsecond\n",
    b"name,email\n" + b"Ada,ada@example.com\n" * 9 + b"G\0race,\n",
]

NO_TEXT = [
    b"\0",
    b"a\0b",
    b"\x1b[31mred",
    b"caf\xe9 noir",
    b"\xed\xa0\x80 half a pair",
    b"\xff\xfe\0\xd8 \0",
    "\x85".encode(),
    bytes(range(256)),
]

CRAFTED = [
    b"P*M\x18\0\0\0\0" * 1024,
    b"PK\x03\x04" * 2048,
    zipped("_rels/.rels") + b"PK\x03\x04" * 2048,
    b"\0\0\x1f\xffftyp" + bytes(8184),
    b"\xff\xff\xff\xffftyp" + bytes(8184),
    b"<!---->" * 1170 + b"<!-",
    b"<!--" * 2048,
    b"<?" * 4096,
    b"<!doctype" + b" " * 8183,
    b"<" + b"a:" * 4095 + b"@",
    b" " * 8191 + b"<",
]


@pytest.mark.parametrize(("head", "expected"), BINARY.values(), ids=BINARY)
def test_a_binary_file_is_known_by_its_signature(head: bytes, expected: str) -> None:
    assert judge_type(head, "harmless.txt") == expected


@pytest.mark.parametrize(("head", "expected"), MARKUP)
@pytest.mark.parametrize("name", ["letter.txt", "table.csv", "data.json", "picture.png"])
def test_markup_is_known_however_it_is_named(head: bytes, name: str, expected: str) -> None:
    assert judge_type(head, name) == expected


@pytest.mark.parametrize(("head", "name", "expected"), HARMLESS)
def test_a_name_chooses_between_kinds_of_harmless_text(
    head: bytes, name: str, expected: str
) -> None:
    assert judge_type(head, name) == expected


@pytest.mark.parametrize("head", NO_TEXT)
def test_what_is_neither_known_nor_text_is_unknown(head: bytes) -> None:
    assert judge_type(head, "letter.txt") == UNKNOWN


@pytest.mark.parametrize("head", TABLES)
def test_a_table_may_have_control_characters(head: bytes) -> None:
    assert judge_type(head, "people.CSV") == "text/csv"
    assert judge_type(head, "people.txt") == UNKNOWN


@pytest.mark.parametrize(
    "head", ["name,email\n".encode("utf-16-le"), b"caf\xe9,x", bytes(range(99))]
)
def test_a_table_in_another_encoding_is_unknown(head: bytes) -> None:
    assert judge_type(head, "people.csv") == UNKNOWN


@pytest.mark.parametrize("character", ["é", "漢", "😀"])
def test_text_may_be_cut_in_the_middle_of_a_character(character: str) -> None:
    text = ("x" * (HEAD_BYTES - 1) + character).encode()

    assert judge_type(text[:HEAD_BYTES], "letter") == "text/plain"


def test_only_the_head_is_looked_at() -> None:
    assert judge_type(b"x" * HEAD_BYTES + b"\0", "letter") == "text/plain"


def test_crafted_and_cut_files_neither_raise_nor_take_long() -> None:
    random = Random(1)  # noqa: S311  # the same bytes at each run
    started = time.perf_counter()
    for head in [*CRAFTED, *(head for head, _ in [*BINARY.values(), *MARKUP])]:
        for _ in range(20):
            broken = bytearray(head[: random.randint(0, len(head))])
            if broken:
                broken[random.randrange(len(broken))] = random.randrange(256)
            judge_type(bytes(broken), "letter.txt")
        judge_type(head, "letter.txt")

    assert time.perf_counter() - started < 5


LISTED = "[Content_Types].xml:<Types><Default ContentType='application/xml'/>{}</Types>"
MAIN = "<Override ContentType='application/vnd.{}.main+xml'/>"
SHEET = LISTED.format(MAIN.format("openxmlformats-officedocument.spreadsheetml.sheet"))
MACROS = LISTED.format(MAIN.format("ms-excel.sheet.macroEnabled"))
EMBEDDED = f"<Default Extension='xlsx' ContentType='{OFFICE}.spreadsheetml.sheet'/>"
LETTER = LISTED.format(
    EMBEDDED + MAIN.format("openxmlformats-officedocument.wordprocessingml.document")
)
FIRST = ("docProps/:", "docProps/app.xml", "docProps/core.xml", "_rels/:", "customXml/item1.xml")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((*FIRST, "_rels/.rels", "xl/workbook.xml", SHEET), f"{OFFICE}.spreadsheetml.sheet"),
        ((*FIRST, "xl/workbook.xml", MACROS), f"{OFFICE}.spreadsheetml.sheet"),
        ((*FIRST, "XL\\Workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        ((*FIRST, "book.xml", SHEET.replace("[C", "[c")), f"{OFFICE}.spreadsheetml.sheet"),
        ((*FIRST, "word/document.xml", LETTER), f"{OFFICE}.wordprocessingml.document"),
        ((*FIRST, "xl/workbook.bin", LISTED.format(MAIN.format("x.bin"))), "application/zip"),
        (("letters/a.txt", "letters/b.txt"), "application/zip"),
        ((*(f"{n}.txt" for n in range(9_000)), SHEET), "application/zip"),
    ],
    ids=[
        "another order",
        "macros",
        "bare",
        "elsewhere",
        "a letter",
        "binary",
        "none",
        "many parts",
    ],
)
def test_an_office_document_is_known_whatever_the_order_of_its_parts(
    parts: tuple[str, ...], expected: str
) -> None:
    content = BytesIO(zipped(*parts))

    found = inspect(content, "harmless.txt")

    assert (found.media_type, found.size, content.tell()) == (expected, len(content.getvalue()), 0)


@pytest.mark.parametrize("cut", [30, 200, -30])
def test_a_broken_archive_is_an_archive(cut: int) -> None:
    assert inspect(BytesIO(zipped(*FIRST, SHEET)[:cut]), "x").media_type == "application/zip"
