"""The ZIP file that an XLSX is, and which part of it is what."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from posixpath import join, normpath, split
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from backend.integrations.sheets_xml import XmlReader, read_whole
from backend.services.sheets import SheetError

_MOST_RELATIONS = 10_000
_LONGEST_READ = 256 * 1024


class Package:
    """An XLSX file.

    Attributes:
        sheet: the name of the part with the first worksheet.
        strings, styles: those of these parts; None where there is none.
        is_from_1904: whether days are counted from then.
    """

    def __init__(self, archive: ZipFile) -> None:
        """Raises LookupError for a part that is not there."""
        self._archive = archive
        (workbook,) = self._relations("").targets("officeDocument").values()
        relations = self._relations(workbook)
        self.strings = next(iter(relations.targets("sharedStrings").values()), None)
        self.styles = next(iter(relations.targets("styles").values()), None)
        reader = _WorkbookReader(relations.targets("worksheet"))
        with self.open(workbook) as source:
            read_whole(reader, source)
        if reader.sheet is None:
            raise SheetError("There is no sheet with cells: put the table into the first one.")
        self.sheet = reader.sheet
        self.is_from_1904 = reader.is_from_1904

    def open(self, name: str) -> IO[bytes]:
        info = self._archive.getinfo(name)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            # The others unpack as much at a time as the file likes.
            raise BadZipFile
        return self._archive.open(info)

    def _relations(self, name: str) -> "_RelationsReader":
        """Of a part, or of the file as a whole."""
        folder, base = split(name)
        reader = _RelationsReader(folder)
        with self.open(join(folder, "_rels", f"{base}.rels")) as source:
            read_whole(reader, source)
        return reader


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    with _CautiousFile(path) as file, ZipFile(file) as archive:
        yield Package(archive)


class _CautiousFile(FileIO):
    """The list of what is in a ZIP file is read at once, and each entry of it takes memory."""

    def read(self, size: int | None = -1, /) -> bytes | None:  # type: ignore[override]  # as typeshed has it for some versions
        if size is not None and size > _LONGEST_READ:
            raise SheetError("The file has too many parts: save it anew, or as CSV.")
        return super().read(-1 if size is None else size)


class _RelationsReader(XmlReader):
    """What a part refers to."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self._found: list[tuple[str, str, str]] = []

    def begin(self, attributes: Mapping[str, str]) -> bool:
        if self.path == ["Relationships", "Relationship"]:
            kind = attributes["Type"].rpartition("/")[2]
            name = normpath(join("/", self._folder, attributes["Target"]))
            self._found.append((kind, attributes["Id"], name.lstrip("/")))
        if len(self._found) > _MOST_RELATIONS:
            raise SheetError("The file has too many parts: save it anew, or as CSV.")
        return False

    def end(self, text: str) -> None:
        """Attributes say it all."""

    def targets(self, kind: str) -> dict[str, str]:
        """The names of parts, by the id of what refers to them."""
        return {key: name for found, key, name in self._found if found == kind}


class _WorkbookReader(XmlReader):
    """Finds the first sheet that has cells: charts may be sheets as well."""

    def __init__(self, sheets: Mapping[str, str]) -> None:
        super().__init__()
        self._sheets = sheets
        self.sheet: str | None = None
        self.is_from_1904 = False

    def begin(self, attributes: Mapping[str, str]) -> bool:
        match self.path:
            case ["workbook", "workbookPr"]:
                self.is_from_1904 = attributes.get("date1904") in {"1", "true"}
            case ["workbook", "sheets", "sheet"] if self.sheet is None:
                ids = [value for name, value in attributes.items() if name.endswith(":id")]
                self.sheet = next((self._sheets[key] for key in ids if key in self._sheets), None)
        return False

    def end(self, text: str) -> None:
        self.is_finished = self.is_finished or self.path == ["workbook", "sheets"]
