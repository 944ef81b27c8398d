"""XLSX that programs write in ways of their own, and XLSX that is meant to do harm."""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from backend.integrations.exchange import sheets_process, sheets_xlsx
from backend.integrations.exchange.sheets import read_sheet
from backend.integrations.exchange.sheets_bounds import batches_of
from backend.integrations.exchange.sheets_messages import as_message, batch_in
from backend.services.exchange.protocols import XLSX, Cell, CellFault, SheetError, SheetRow
from tests.fixtures.processes import measuring
from tests.fixtures.workbooks import (
    MAIN,
    OFFICE,
    SHEET,
    STRICT,
    STRINGS,
    STYLES,
    WORKBOOK,
    renamed,
    repacked,
    sheet,
    strings,
    styles,
)

MANY = 60_000
COLUMNS = 200


MEASURED = pytest.mark.usefixtures("measured_processes")
"""Coverage counts what the processes of such a test run, each of which then takes twice as long."""


@pytest.fixture
def measured_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in measuring().items():
        monkeypatch.setenv(name, value)


def read(content: bytes, folder: Path) -> list[SheetRow]:
    """What the process that reads a file tells, without a process."""
    path = folder / "sheet"
    path.write_bytes(content)
    batches = batches_of(sheets_process._rows(path, COLUMNS), COLUMNS)
    return [row for batch in batches for row in batch_in(as_message(batch))]


def rows_of(content: bytes, folder: Path) -> list[list[Cell]]:
    return [list(row.cells) for row in read(content, folder)]


def read_apart(content: bytes, folder: Path) -> list[list[Cell]]:
    """The cells of all rows, by a process that is bounded, as in use."""
    path = folder / "sheet"
    path.write_bytes(content)
    with read_sheet(path, XLSX, COLUMNS) as batches:
        return [list(row.cells) for batch in batches for row in batch]


def moment(*parts: int) -> datetime:
    """Spreadsheets know no time zones."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # as the docstring says


@MEASURED
def test_cells_of_all_types_are_read(tmp_path: Path) -> None:
    cells = (
        '<c t="s"><v>1</v></c><c t="str"><f>A1</f><v>a_x000D_b &lt;&amp;</v></c>'
        '<c t="b"><v>1</v></c><c><v>1.5</v></c><c><f>1+2</f><v>3</v></c><c t="b"><v>false</v></c>'
        '<c t="inlineStr"><is><r><rPr/><t>Gr</t></r><r><t>ace</t></r><rPh><t>X</t></rPh></is></c>'
        '<c r="J1" t="inlineStr"><is><t> x </t></is></c><c s="7"/><c t="s"><v>0</v></c>'
        '<c t="str"><v>one&#13;two</v></c>'
    )
    rich = '<r><t>A_x005F_</t></r><r><t>x000D_</t></r><rPh sb="0" eb="1"><t>kana</t></rPh>'
    parts = {SHEET: sheet(f"<row>{cells}</row>"), STRINGS: strings("", rich)}

    (row,) = read_apart(repacked(parts), tmp_path)

    assert row[:7] == ["A_x000D_", "a\rb <&", True, 1.5, 3, False, "Grace"]
    assert [cell or None for cell in row[7:]] == [None, None, " x ", None, None, "one\rtwo"]


def test_what_openpyxl_writes_is_read_as_it_was(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.create_chartsheet("Chart", 0)
    written: list[Any] = ["x", 1, 2.5, False, moment(2026, 6, 1, 12, 30), "é\n "]
    workbook.worksheets[0].append([*written, timedelta(hours=30)])
    workbook.worksheets[0]["H3"] = "far"
    content = io.BytesIO()
    workbook.save(content)

    first, second = read(content.getvalue(), tmp_path)

    assert (first.number, first.cells) == (1, [*written, "1 day, 6:00:00"])
    assert (second.number, [cell or None for cell in second.cells]) == (3, [*[None] * 7, "far"])


ERRORS = ["#REF!", "#N/A", "#SPILL!", "#WERT!", "#ERROR!", "Err:508"]


def test_an_error_is_never_a_blank_cell(tmp_path: Path) -> None:
    cells = "".join(f'<c t="e"><f>A1</f><v>{error}</v></c>' for error in ERRORS)

    (row,) = rows_of(repacked({SHEET: sheet(f'<row>{cells}<c t="e"/></row>')}), tmp_path)

    messages = [cell.message for cell in row if isinstance(cell, CellFault)]
    assert len(messages) == len(ERRORS) + 1
    assert all(error in message for error, message in zip(ERRORS, messages, strict=False))


def test_a_formula_that_was_never_calculated_is_never_a_blank_cell(tmp_path: Path) -> None:
    blank = '<c t="str"><f>IF(1,"")</f><v></v></c>'
    missing = ["<c><f>A1</f></c>", "<c><f>A1</f><v/></c>", '<c t="str"><f>A1</f></c>']
    missing += [
        '<c t="b"><f>A1</f><v></v></c>',
        '<c t="s"><f/></c>',
        '<c><f t="shared" si="0"/></c>',
    ]
    cells = f'{blank}<c t="inlineStr"><is><t>x</t></is></c>{"".join(missing)}'

    (row,) = rows_of(repacked({SHEET: sheet(f"<row>{cells}</row>")}), tmp_path)

    assert [cell or None for cell in row[:2]] == [None, "x"]
    assert len(row) == 2 + len(missing)
    assert all(isinstance(cell, CellFault) and "no value" in cell.message for cell in row[2:])


ODD = [
    ('<c s=""><v>7</v></c>', 7),
    ('<c s="none"><v>7</v></c>', 7),
    ('<c s="99"><v>7</v></c>', 7),
    ('<c t=""><v>7</v></c>', 7),
    ('<c t="unheard-of"><v>7</v></c>', 7),
    ('<c vm="1" cm="1" ph="1"><v xml:space="preserve"> 7 </v></c>', 7),
    ('<c r=""><v>7</v></c>', 7),
    ("<c><v><![CDATA[7]]></v></c>", 7),
    ("<c><v>7<!-- or so -->1</v></c>", 71),
    ('<c t="str"><v><![CDATA[a & b]]></v></c>', "a & b"),
    ('<c t="s"><v> 1 </v></c>', "shared"),
    ('<c t="b"><v>maybe</v></c>', "maybe"),
    ("<c><v>seven</v></c>", "seven"),
    ('<c t="inlineStr"><is xml:space="preserve"><t xml:space="default">x</t></is></c>', "x"),
]


def test_a_harmless_attribute_costs_no_value(tmp_path: Path) -> None:
    rows = "".join(f'<row r="" spans="" ht="">{cell}</row>' for cell, _ in ODD)
    parts = {SHEET: sheet(rows), STRINGS: strings("<t/>", "<t>shared</t>")}

    assert rows_of(repacked(parts), tmp_path) == [[value] for _, value in ODD]


NUMBERS = [
    ("3.3000000000000003", 3.3),
    ("0.30000000000000004", 0.3),
    ("1234.5600000000001", 1234.56),
    ("2.9999999999999996", 3),
    ("4006381333931", 4006381333931),
    ("4.006381333931E+12", 4006381333931),
    ("+491512345678", 491512345678),
    ("123456789012345678", "123456789012345678"),
    ("1E-3", 0.001),
    ("-7", -7),
]


def test_numbers_are_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    rows = "".join(f"<row><c><v>{text}</v></c></row>" for text, _ in NUMBERS)

    read_numbers = rows_of(repacked({SHEET: sheet(rows)}), tmp_path)

    assert read_numbers == [[value] for _, value in NUMBERS]
    assert [type(row[0]) for row in read_numbers] == [type(value) for _, value in NUMBERS]


def test_a_number_that_has_lost_digits_is_not_taken(tmp_path: Path) -> None:
    numbers = ["1.2345678901234568E+17", "1E+15", "1e999", "1234567890123456.5"]
    cells = "".join(f"<c><v>{number}</v></c>" for number in numbers)

    (row,) = rows_of(repacked({SHEET: sheet(f"<row>{cells}</row>")}), tmp_path)

    assert len(row) == len(numbers)
    assert all(isinstance(cell, CellFault) and "as text" in cell.message for cell in row)


DATES: list[int | str] = [14, 15, 16, 17, 18, 19, 20, 21, 22, *range(27, 37), 45, 47]
DATES += [
    *range(50, 59),
    "d. mmm yyyy",
    "[$-407]dddd, d. mmmm yyyy",
    "yyyy&quot;年&quot;m&quot;月&quot;",
]
DATES += [
    "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
    "[Red]dd/mm/yy;@",
    "hh:mm AM/PM",
    "[$-411]ge.m.d",
]
PLAIN: list[int | str] = [0, 1, 2, 9, 10, 11, 37, 44, 48, 49]
PLAIN += [
    "#,##0.00 &quot;days&quot;",
    "[Red]0.0",
    "0\\d",
    "#,##0 [$DM-407]",
    "0_d",
    "0 &quot;m²&quot;",
]


def test_dates_are_known_by_their_format(tmp_path: Path) -> None:
    cells = "".join(f'<c s="{place}"><v>46174.5</v></c>' for place in range(len(DATES + PLAIN)))
    parts = {SHEET: sheet(f"<row>{cells}</row>"), STYLES: styles(*DATES, *PLAIN)}

    (row,) = rows_of(repacked(parts), tmp_path)

    assert row[: len(DATES)] == [moment(2026, 6, 1, 12)] * len(DATES)
    assert row[len(DATES) :] == [46174.5] * len(PLAIN)


def test_numbers_that_are_filled_up_with_zeros_keep_these(tmp_path: Path) -> None:
    formats: list[int | str] = ["00000", "000;-000", 0, "00.00"]
    cells = "".join(f'<c s="{place}"><v>123</v></c>' for place in range(len(formats)))
    cells += '<c s="0"><v>-1</v></c><c s="0"><v>1234567</v></c><c s="0"><v>12.5</v></c>'
    parts = {SHEET: sheet(f"<row>{cells}</row>"), STYLES: styles(*formats)}

    assert rows_of(repacked(parts), tmp_path) == [["00123", "123", 123, 123, -1, "1234567", 12.5]]


def test_elapsed_time_is_no_date(tmp_path: Path) -> None:
    cells = "".join(f'<c s="{place}"><v>1.25</v></c>' for place in range(3))
    parts = {SHEET: sheet(f"<row>{cells}</row>"), STYLES: styles(46, "[h]:mm", "[mm]:ss")}

    assert rows_of(repacked(parts), tmp_path) == [["1 day, 6:00:00"] * 3]


ISO: list[tuple[str, Cell]] = [
    ("2026-06-01", moment(2026, 6, 1)),
    ("2026-06-01T10:00:00", moment(2026, 6, 1, 10)),
    ("2026-06-01T10:00", moment(2026, 6, 1, 10)),
    ("2026-06-01T10:00:00.250", moment(2026, 6, 1, 10, 0, 0, 250_000)),
    ("2026-06-01T10:00:00+02:00", "2026-06-01T10:00:00+02:00"),
    ("2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"),
    ("10:30:00", "10:30:00"),
    ("some day", "some day"),
]


def test_dates_of_iso_8601_keep_their_offset(tmp_path: Path) -> None:
    cells = "".join(f'<c t="d"><v>{text}</v></c>' for text, _ in ISO)

    assert rows_of(repacked({SHEET: sheet(f"<row>{cells}</row>")}), tmp_path) == [
        [value for _, value in ISO]
    ]


def test_days_may_count_from_1904(tmp_path: Path) -> None:
    content = repacked(
        {
            SHEET: sheet('<row><c s="0"><v>1.5</v></c><c s="1"><v>1</v></c></row>'),
            STYLES: styles("yyyy", 0),
            WORKBOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="1"/>'
            '<sheets><sheet name="x" sheetId="1" r:id="rId1"/></sheets></workbook>',
        }
    )

    assert rows_of(content, tmp_path) == [[moment(1904, 1, 2, 12), 1]]


def test_names_may_have_prefixes_and_be_strict(tmp_path: Path) -> None:
    cells = '<x:row><x:c><x:v>1</x:v></x:c><x:c t="s"><x:v>0</x:v></x:c></x:row>'
    text = f'<x:worksheet xmlns:x="{STRICT}"><x:sheetData>{cells}</x:sheetData></x:worksheet>'
    parts = {SHEET: text, STRINGS: f'<sst xmlns="{STRICT}"><si><t>strict</t></si></sst>'}

    assert rows_of(repacked(parts), tmp_path) == [[1, "strict"]]


@pytest.mark.parametrize(
    "names",
    [
        {STRINGS: "xl/SHAREDstrings.xml", SHEET: "XL/Worksheets/Sheet1.XML"},
        {STRINGS: "xl\\sharedStrings.xml", SHEET: "xl\\worksheets\\sheet1.xml"},
        {STRINGS: "/xl/sharedStrings.xml", SHEET: "xl/./worksheets/sheet1.xml"},
        {"_rels/.rels": "_rels/lost.rels"},
    ],
    ids=["case", "back slashes", "other ways", "no relations"],
)
@pytest.mark.parametrize("order", [1, -1])
def test_parts_are_found_however_they_are_named(
    tmp_path: Path, names: Mapping[str, str], order: int
) -> None:
    parts = {SHEET: sheet('<row><c t="s"><v>0</v></c></row>'), STRINGS: strings("<t>found</t>")}

    assert rows_of(renamed(repacked(parts), names, order), tmp_path) == [["found"]]


def book(*states: str) -> bytes:
    workbook = Workbook()
    for number, state in enumerate(states):
        made = workbook.create_sheet(f"Sheet {number}", number)
        made.sheet_state = state
        made.append([number])
    workbook.remove(workbook.worksheets[-1])
    workbook.active = len(states) - 1
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def test_the_first_sheet_that_people_see_is_read(tmp_path: Path) -> None:
    assert rows_of(book("hidden", "veryHidden", "visible", "visible"), tmp_path) == [[2]]


@MEASURED
def test_a_workbook_without_a_visible_table_is_refused(tmp_path: Path) -> None:
    none = f'<workbook xmlns="{MAIN}"><sheets/></workbook>'
    hidden = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="x" sheetId="1" state="hidden" r:id="rId1"/></sheets></workbook>'
    )
    for text in (none, hidden):
        with pytest.raises(SheetError, match="no visible sheet"):
            read_apart(repacked({WORKBOOK: text}), tmp_path)


def test_cells_that_are_merged_downwards_have_the_value_that_is_seen(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="2"><c r="B2"><v>3</v></c></row><row r="3"><c r="A3"/></row>'
        '<row r="4"><c r="B4"><v>4</v></c></row><row r="5"><c r="B5"><v>5</v></c></row>'
    )
    merges = '<mergeCells><mergeCell ref="A1:A4"/><mergeCell ref="B5:D5"/></mergeCells>'

    found = read(repacked({SHEET: sheet(rows, merges)}), tmp_path)

    assert found == [(1, [1, 2]), (2, [1, 3]), (4, [1, 4]), (5, ["", 5])]


def test_rows_have_the_numbers_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c></row><row/><row r="7.0"><c><v>2</v></c></row>'
    rows += '<row><c><v>3</v></c></row><row r="1048576"><c><v>4</v></c></row>'

    assert [row.number for row in read(repacked({SHEET: sheet(rows)}), tmp_path)] == [
        *(1, 7, 8),
        1048576,
    ]


def test_a_sheet_of_several_pieces_is_whole(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{2 * n}"><c><v>{n}</v></c></row>' for n in range(1, 12_001))

    found = read(repacked({SHEET: sheet(rows)}), tmp_path)

    assert found == [(2 * n, [n]) for n in range(1, 12_001)]


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"/><row r="2"/>',
        '<row><c t="s"><v>99</v></c></row>',
        '<row><c t="s"><v>first</v></c></row>',
        "<row><c>",
    ],
)
def test_a_sheet_that_is_not_as_it_should_be_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(SheetError, match="save it again"):
        read_apart(repacked({SHEET: sheet(row)}), tmp_path)


LONG = "x" * 33_000
HARMFUL = {
    "cells in a row": ({SHEET: sheet("<row>" + "<c><v>1</v></c>" * MANY + "</row>")}, "columns"),
    "blank cells": ({SHEET: sheet("<row>" + "<c/>" * MANY + "</row>")}, ""),
    "blank rows": ({SHEET: sheet("<row/>" * 200_000)}, ""),
    "wide rows": ({SHEET: sheet('<row><c r="XFD1"><v>1</v></c></row>' * 5_000)}, "columns"),
    "wide blank rows": (
        {SHEET: sheet('<row><c r="XFD1" t="s"><v>0</v></c></row>' * 5_000), STRINGS: strings("")},
        "",
    ),
    "a far row": ({SHEET: sheet('<row r="999999999"><c><v>1</v></c></row>')}, "rows: split"),
    "a long text": (
        {SHEET: sheet(f'<row><c t="inlineStr"><is><t>{LONG}</t></is></c></row>')},
        "characters: shorten",
    ),
    "entities": (
        {SHEET: '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&b;</worksheet>'},
        "save it again",
    ),
    "tags in tags": ({SHEET: "<c>" * MANY}, "save it again"),
}


@pytest.mark.parametrize("harm", HARMFUL)
def test_harmful_files_are_refused_or_have_no_rows(tmp_path: Path, harm: str) -> None:
    parts, words = HARMFUL[harm]
    if words:
        with pytest.raises(SheetError, match=words):
            read_apart(repacked(parts), tmp_path)
    else:
        assert read_apart(repacked(parts), tmp_path) == []


def test_a_part_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    content = io.BytesIO(renamed(repacked({}), {SHEET: "xl/other.xml"}))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(SHEET, "")
        archive.getinfo(SHEET).file_size = 2 * 1024**3

    with pytest.raises(SheetError, match="The unpacked file is too large"):
        read_apart(content.getvalue(), tmp_path)


def test_what_a_process_may_take_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sheets_process.MAX_MEMORY <= 1024**3
    assert sheets_process.MAX_SECONDS <= 600
    code = "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"
    monkeypatch.setattr(sheets_xlsx, "_COMMAND", (*sheets_xlsx._COMMAND[:1], "-c", code))

    with pytest.raises(SheetError, match="too much memory or time"):
        read_apart(b"", tmp_path)


def test_who_reads_is_asked_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import time; time.sleep(60)"
    monkeypatch.setattr(sheets_xlsx, "_COMMAND", (*sheets_xlsx._COMMAND[:1], "-c", code))
    monkeypatch.setattr(sheets_xlsx, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(sheets_xlsx, "_MAX_SILENT_SECONDS", 0.2)

    with read_sheet(tmp_path, XLSX, COLUMNS) as batches:
        assert next(batches) == ()
        with pytest.raises(SheetError, match="too much memory or time"):
            list(batches)
