#!/bin/sh
# Two kept readers of XLSX lose what a valid cell says, each in its own way, and neither says so:
# - python-calamine answers '' for an error (#REF!) and for a formula without a cached value, the
#   same as for a blank cell; an error that is newer than its list (#SPILL!) costs the whole sheet.
# - openpyxl (read-only, data_only) drops the offset of an ISO 8601 date cell: 10:00+02:00 is 10:00.
# Exits non-zero if one of them behaves otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys, warnings, zipfile
from importlib.metadata import version

from openpyxl import Workbook, load_workbook
from python_calamine import CalamineError, CalamineWorkbook

warnings.simplefilter("ignore")
folder = sys.argv[1]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book(name, cells):
    """A workbook of openpyxl's with one row of these cells."""
    path = f"{folder}/{name}.xlsx"
    made = Workbook()
    made.active["A1"] = 1
    made.save(f"{folder}/plain.xlsx")
    with zipfile.ZipFile(f"{folder}/plain.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
            new.writestr(part, content)
    return path


def calamine(path):
    try:
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        return f"{type(error).__name__}: {error}"


def openpyxl(path):
    sheet = load_workbook(path, read_only=True, data_only=True).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


last = '<c r="E1"><v>5</v></c>'
lost = book("lost", '<c r="A1" t="e"><f>X!B2</f><v>#REF!</v></c><c r="B1"><f>1+1</f></c><c r="C1"/>' + last)
spill = book("spill", '<c r="A1" t="e"><f>A2:A9</f><v>#SPILL!</v></c>' + last)
offset = book("offset", '<c r="A1" t="d"><v>2026-06-01T10:00:00+02:00</v></c>' + last)
print("python-calamine", version("python-calamine"), "openpyxl", version("openpyxl"))
found = [calamine(lost), calamine(spill), [str(cell) for cell in openpyxl(offset)[0]][:1]]
for what, value in zip(("#REF!, =1+1 without a value, blank:", "#SPILL!:", "10:00+02:00:"), found):
    print(what, value)
assert found[0] == [["", "", "", "", 5.0]]
assert found[1] == "CalamineError: Unsupported cell error value '#SPILL!'"
assert found[2] == ["2026-06-01 10:00:00"]
PYTHON
