"""Which cells of an XLSX file are moments: nothing but their format tells."""

from collections.abc import Mapping
from enum import Enum, auto

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format

from backend.integrations.sheets_xml import XmlReader
from backend.services.sheets import SheetError

_MOST_STYLES = 65_536
_LONGEST_FORMAT = 255


class Style(Enum):
    PLAIN = auto()
    MOMENT = auto()
    DURATION = auto()


class StylesReader(XmlReader):
    """
    Attributes:
        styles: in their order, as cells refer to them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.styles: list[Style] = []
        self._formats: dict[int, Style] = {}

    def begin(self, attributes: Mapping[str, str]) -> bool:
        match self.path:
            case ["styleSheet", "numFmts", "numFmt"]:
                style = _style(attributes["formatCode"])
                self._formats[int(attributes["numFmtId"])] = style
            case ["styleSheet", "cellXfs", "xf"]:
                self.styles.append(self._style_of(int(attributes.get("numFmtId", 0))))
        if max(len(self.styles), len(self._formats)) > _MOST_STYLES:
            raise SheetError("The file has too many formats of cells: send CSV.")
        return False

    def end(self, text: str) -> None:
        """Attributes say it all."""

    def _style_of(self, number: int) -> Style:
        return self._formats.get(number) or _style(builtin_format_code(number) or "")


def _style(code: str) -> Style:
    # The patterns that it is matched with take long for long ones.
    code = code[:_LONGEST_FORMAT]
    if is_timedelta_format(code):
        return Style.DURATION
    return Style.MOMENT if is_date_format(code) else Style.PLAIN
