"""The ZIP file that an XLSX is, and which of its parts make up the table.

Programs name parts in another case, with back slashes or without a list of relations, and Strict
Open XML has other namespaces: names are compared without all that.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from posixpath import join, normpath, split
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from backend.services.exchange.protocols import SheetError

MAX_BYTES = 1024 * 1024 * 1024
_WORKBOOK = "xl/workbook.xml"
_HIDDEN = {"hidden", "veryhidden"}
_TRUE = {"1", "true"}


class TableParts(NamedTuple):
    """
    Attributes:
        sheet: the first visible worksheet.
        strings, styles: None where there is no such part.
        is_from_1904: whether days are counted from then.
    """

    sheet: ZipInfo
    strings: ZipInfo | None
    styles: ZipInfo | None
    is_from_1904: bool


class _Relation(NamedTuple):
    kind: str
    part: str


def local_name(name: str) -> str:
    """Without the namespace."""
    return name.rpartition("}")[2]


def find_table(archive: ZipFile) -> TableParts:
    """
    Raises:
        SheetError: no visible sheet has cells, or a part is too large.
        LookupError, ElementTree.ParseError: this is not an XLSX file.
    """
    package = _Package(archive)
    root = package.relations("")
    workbook = next(
        (each.part for each in root.values() if each.kind == "officeDocument"), _WORKBOOK
    )
    relations = package.relations(workbook)
    document = package.parse(workbook)
    properties = document.find("{*}workbookPr")
    return TableParts(
        sheet=package.part(_first_visible(document, relations)),
        strings=package.of_kind(relations, "sharedStrings"),
        styles=package.of_kind(relations, "styles"),
        is_from_1904=properties is not None and properties.get("date1904") in _TRUE,
    )


class _Package:
    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._parts = {_comparable(info.filename): info for info in archive.infolist()}

    def part(self, name: str) -> ZipInfo:
        """Raises LookupError or SheetError."""
        info = self._parts[_comparable(name)]
        if info.file_size > MAX_BYTES:
            raise SheetError("The unpacked file is too large: split it, or send CSV.")
        return info

    def parse(self, name: str) -> ET.Element:
        with self._archive.open(self.part(name)) as source:
            return ET.parse(source).getroot()  # noqa: S314  # this process has limits

    def relations(self, name: str) -> Mapping[str, _Relation]:
        """Of a part, or of the file as a whole, by id."""
        folder, base = split(name)
        listed = join(folder, "_rels", f"{base}.rels")
        if _comparable(listed) not in self._parts:
            return {}
        return {
            each.get("Id", ""): _Relation(
                each.get("Type", "").rpartition("/")[2],
                join("/", folder, each.get("Target", "").replace("\\", "/")),
            )
            for each in self.parse(listed)
        }

    def of_kind(self, relations: Mapping[str, _Relation], kind: str) -> ZipInfo | None:
        names = (each.part for each in relations.values() if each.kind == kind)
        name = next(names, None)
        return self.part(name) if name and _comparable(name) in self._parts else None


def _comparable(name: str) -> str:
    return normpath(join("/", name.replace("\\", "/"))).lower()


def _first_visible(document: ET.Element, relations: Mapping[str, _Relation]) -> str:
    for sheet in document.iterfind("{*}sheets/{*}sheet"):
        ids = [value for name, value in sheet.items() if local_name(name) == "id"]
        found = next((relations[each] for each in ids if each in relations), None)
        # Charts and dialogs are sheets as well.
        is_table = found is not None and found.kind == "worksheet"
        if found and is_table and sheet.get("state", "").lower() not in _HIDDEN:
            return found.part
    raise SheetError("There is no visible sheet with cells: put the table into a visible one.")
