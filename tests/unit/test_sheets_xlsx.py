"""XLSX that programs write in ways of their own, and XLSX that is meant to do harm."""

import io
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from backend.integrations.sheets import read_sheet
from backend.services.sheets import XLSX, Cell, SheetError
from tests.fixtures.sheets import as_xlsx

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
TEXTS = '<Relationship Type="x/sharedStrings" Id="texts" Target="sharedStrings.xml"/>'
MANY = 150_000
LONG = "x" * 1_900_000
MOST_MEMORY = 8 * 1024 * 1024


def repacked(parts: Mapping[str, str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook that openpyxl has written, with other parts instead of its own."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx([["name"], ["Ada"]]))) as old,
        zipfile.ZipFile(content, "w", compression) as new,
    ):
        texts = {each: old.read(each).decode() for each in old.namelist()}
        texts |= {STRINGS: "<sst/>", RELATIONS: texts[RELATIONS].replace("</", f"{TEXTS}</")}
        for name, text in {**texts, **parts}.items():
            new.writestr(name, text)
    return content.getvalue()


def rows_of(content: bytes, folder: Path) -> list[list[Cell]]:
    path = folder / "sheet"
    path.write_bytes(content)
    with read_sheet(path, XLSX, 200) as rows:
        return [list(row) for row in rows]


def sheet(rows: str) -> str:
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>"


def test_cells_of_all_types_are_read(tmp_path: Path) -> None:
    cells = (
        '<c t="s"><v>1</v></c><c t="str"><f>A1</f><v>a_x000D_b</v></c><c t="b"><v>1</v></c>'
        '<c t="e"><v>#REF!</v></c><c><v>1.5</v></c><c><v>3</v></c><c t="d"><v>2026-06-01</v></c>'
        '<c t="inlineStr"><is><r><rPr/><t>Gr</t></r><r><t>ace</t></r><rPh><t>X</t></rPh></is></c>'
        '<c r="J1" t="inlineStr"><is><t> x </t></is></c><c s="7"/><c t="s"><v>0</v></c>'
    )
    strings = "<sst><si/><si><r><t>A_x005F_</t></r><r><t>x000D_</t></r></si></sst>"

    rows = rows_of(repacked({SHEET: sheet(f"<row>{cells}</row>"), STRINGS: strings}), tmp_path)

    moment = datetime(2026, 6, 1).date()  # noqa: DTZ001  # spreadsheets know no time zones
    assert rows[0][:8] == ["A_x000D_", "a\rb", True, "#REF!", 1.5, 3, moment, "Grace"]
    assert rows[0][8:] == [None, " x ", None, ""]


def test_what_openpyxl_writes_is_read_as_it_was(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.create_chartsheet("Chart", 0)
    moment = datetime(2026, 6, 1, 12, 30)  # noqa: DTZ001  # as above
    written: list[Any] = ["x", 1, 2.5, False, moment, timedelta(hours=30), "é\n "]
    workbook.worksheets[0].append(written)
    workbook.worksheets[0]["H3"] = "far"
    content = io.BytesIO()
    workbook.save(content)

    rows = rows_of(content.getvalue(), tmp_path)

    assert rows == [written, [], [*[None] * 7, "far"]]


def test_days_may_count_from_1904(tmp_path: Path) -> None:
    content = repacked(
        {
            SHEET: sheet('<row><c s="0"><v>1.5</v></c><c s="1"><v>1</v></c></row>'),
            STYLES: '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy"/></numFmts>'
            '<cellXfs><xf numFmtId="170"/><xf/></cellXfs></styleSheet>',
            WORKBOOK: '<workbook><workbookPr date1904="1"/>'
            '<sheets><sheet r:id="rId1"/></sheets></workbook>',
        }
    )

    assert rows_of(content, tmp_path) == [[datetime(1904, 1, 2, 12), 1]]  # noqa: DTZ001  # as above


def test_names_may_have_prefixes(tmp_path: Path) -> None:
    cells = "<x:row><x:c><x:v>1</x:v></x:c></x:row>"
    text = f"<x:worksheet><x:sheetData>{cells}</x:sheetData></x:worksheet>"

    assert rows_of(repacked({SHEET: text}), tmp_path) == [[1]]


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"/><row r="2"/>',
        '<row r="x"/>',
        '<row><c t="s"><v>99</v></c></row>',
        '<row><c r="XXXX1"><v>1</v></c></row>',
        '<row><c s="x"><v>1</v></c></row>',
        "<row><c><v>one</v></c></row>",
        "<row><c>",
    ],
)
def test_a_sheet_that_is_not_as_it_should_be_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(SheetError, match="save it anew"):
        rows_of(repacked({SHEET: sheet(row)}), tmp_path)


def test_a_workbook_without_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no sheet with cells"):
        rows_of(repacked({WORKBOOK: "<workbook><sheets/></workbook>"}), tmp_path)


HARMFUL = {
    "cells in a row": ({SHEET: sheet("<row>" + "<c/>" * MANY + "</row>")}, ""),
    "rows in a cell": ({SHEET: sheet("<row><c>" + "<row/>" * MANY + "</c></row>")}, ""),
    "elements beside the rows": ({SHEET: f"<worksheet>{'<mergeCell/>' * MANY}</worksheet>"}, ""),
    "wide rows": ({SHEET: sheet('<row><c r="XFD1"><v>1</v></c></row>' * 5_000)}, "columns"),
    "texts in a cell": (
        {SHEET: sheet(f'<row><c t="inlineStr"><is>{"<t>abcdefg</t>" * MANY}</is></c></row>')},
        "characters",
    ),
    "tags in tags": ({SHEET: "<c>" * MANY}, "unpacked"),
    "names": ({SHEET: sheet("".join(f"<a{n}/>" for n in range(MANY // 5)))}, "unpacked"),
    "a long tag": ({SHEET: f"<worksheet a='{'x' * MANY * 10}"}, "unpacked"),
    "entities": (
        {SHEET: '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'},
        "document type",
    ),
    "texts in a text": ({STRINGS: f"<sst><si>{'<t>abcdefg</t>' * MANY}</si></sst>"}, "characters"),
    "formats": ({STYLES: f"<styleSheet><cellXfs>{'<xf/>' * MANY}"}, "formats"),
    "a long format": (
        {STYLES: f'<styleSheet><numFmts><numFmt numFmtId="1" formatCode="{"[" * MANY}"/>'},
        "save it anew",
    ),
    "relations": ({RELATIONS: f"<Relationships>{TEXTS * 20_000}"}, "parts"),
    "parts": ({f"xl/{n}": "" for n in range(5_000)}, "parts"),
}


@pytest.mark.parametrize("harm", HARMFUL)
def test_no_file_takes_much_memory(tmp_path: Path, harm: str) -> None:
    parts, words = HARMFUL[harm]
    content = repacked(parts)
    tracemalloc.start()
    try:
        if words:
            with pytest.raises(SheetError, match=words):
                rows_of(content, tmp_path)
        else:
            rows_of(content, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_texts_take_no_more_memory_than_they_may(tmp_path: Path) -> None:
    strings = f"<sst>{f'<si><t>{LONG}</t></si>' * 40}</sst>"

    with pytest.raises(SheetError, match="too many texts"):
        rows_of(repacked({STRINGS: strings}), tmp_path)


def test_only_methods_that_unpack_little_by_little_are_taken(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="save it anew"):
        rows_of(repacked({}, zipfile.ZIP_LZMA), tmp_path)
