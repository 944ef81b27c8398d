"""Formats that fill numbers up with zeros: 00123, as postal codes and numbers of articles have."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import IO

_ZEROS = re.compile(r"(0{2,})(?:;.*)?", re.DOTALL)


def digits_by_style(styles: IO[bytes]) -> Mapping[str, int]:
    """With how many digits whole numbers are shown, for styles as cells name them."""
    document = ET.parse(styles).getroot()  # noqa: S314  # this process has limits
    digits = {
        each.get("numFmtId"): len(found[1])
        for each in document.iterfind("{*}numFmts/{*}numFmt")
        if (found := _ZEROS.fullmatch(each.get("formatCode", "")))
    }
    cells = document.iterfind("{*}cellXfs/{*}xf")
    return {
        str(place): digits[number]
        for place, number in enumerate(each.get("numFmtId") for each in cells)
        if number in digits
    }
