"""CSV as programs and people write it."""

from pathlib import Path

import pytest

from backend.integrations.exchange.sheets import read_sheet
from backend.services.exchange.protocols import CSV, SheetError, SheetRow


def read(content: bytes | str, folder: Path) -> list[SheetRow]:
    path = folder / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with read_sheet(path, CSV, 20) as batches:
        return [row for batch in batches for row in batch]


TABLE = [(1, ["sku", "name"]), (2, ["A1", "Lamp"])]


@pytest.mark.parametrize(
    "content",
    [
        "sku,name\nA1,Lamp\n",
        "sku;name\r\nA1;Lamp",
        "sku\tname\nA1\tLamp",
        "sku|name\nA1|Lamp",
        "sep=;\r\nsku;name\r\nA1;Lamp\r\n",
        "SEP=,\nsku,name\nA1,Lamp",
        "sep=\t\nsku\tname\nA1\tLamp",
        "sep=\\t\nsku\tname\nA1\tLamp",
        '"sep=|"\nsku|name\nA1|Lamp',
        "sep=^\nsku^name\nA1^Lamp",
        "\ufeffsku,name\nA1,Lamp",
        "\ufeff\ufeff\ufeffsku,name\nA1,Lamp",
        "\u200b\u2060\ufeffsku,name\nA1,Lamp",
        "\ufeffsep=;\n\ufeffsku;name\nA1;Lamp",
        '\ufeff"sku";"name"\n"A1";"Lamp"',
    ],
)
def test_a_table_is_read_whatever_parts_and_marks_it(tmp_path: Path, content: str) -> None:
    assert read(content, tmp_path) == TABLE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_its_mark(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"

    assert read(f"{mark}sku,name\nA1,Lämp".encode(encoding), tmp_path)[1].cells == ["A1", "Lämp"]


@pytest.mark.parametrize(
    ("head", "headers"),
    [
        ('"Name (first, last, title)";Mail', ["Name (first, last, title)", "Mail"]),
        ('"a;b;c;d",e', ["a;b;c;d", "e"]),
        ('"say ""x, y, z"", please";b', ['say "x, y, z", please', "b"]),
        ('"Name\n(of, the, person)";Mail', ["Name\n(of, the, person)", "Mail"]),
        ("Last, first;Mail", ["Last, first", "Mail"]),
        ("only", ["only"]),
    ],
)
def test_separators_are_counted_outside_quotes(
    tmp_path: Path, head: str, headers: list[str]
) -> None:
    assert read(f"{head}\n", tmp_path)[0].cells == headers


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('="00123"', "00123"),
        ('"=""00123"""', "00123"),
        ('"=""say """"hi"""""""', 'say "hi"'),
        ('"=1+1"', "=1+1"),
        ("=A1", "=A1"),
        ('\'="00123"', '\'="00123"'),
    ],
)
def test_a_formula_that_is_a_text_is_that_text(tmp_path: Path, written: str, text: str) -> None:
    assert read(f"a,b\n{written},x", tmp_path)[1].cells == [text, "x"]


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    content = "sep=,\nname\n\n,\nAda\n"

    assert [row.number for row in read(content, tmp_path)] == [1, 4]


def test_control_characters_in_a_cell_are_kept(tmp_path: Path) -> None:
    content = 'a,b\n"x\x1fy\x0bz","l\x00"\n'

    assert read(content, tmp_path)[1].cells == ["x\x1fy\x0bz", "l\x00"]


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="not UTF-8"):
        read(b"name\nGr\xe4ce\n", tmp_path)


@pytest.mark.parametrize("length", [33_000, 200_000])
def test_a_cell_that_is_too_long_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(SheetError, match=r"more than 32,767 characters: *shorten it"):
        read(f"name\n{'x' * length}\n", tmp_path)


def test_a_file_of_invisible_characters_has_no_rows(tmp_path: Path) -> None:
    assert read("\ufeff\u200b\n", tmp_path) == []
