"""Names of files as HTTP clients write them."""

import pytest

from backend.api.dispositions import file_name_in

QUARTER = "Übersicht Q3.csv"
NAMES = {
    "plain": ('filename="report.csv"', "report.csv"),
    "without quotes": ("filename=report.csv", "report.csv"),
    "in capitals": ('FileName="report.csv"', "report.csv"),
    "UTF-8 as it is": (f'filename="{QUARTER}"', QUARTER),
    "extended": ("filename*=UTF-8''%C3%9Cbersicht%20Q3.csv", QUARTER),
    "extended, in another charset": ("filename*=iso-8859-1'de'%DCbersicht%20Q3.csv", QUARTER),
    "extended, behind a plain one": (
        "filename=\"_bersicht.csv\"; filename*=utf-8''%C3%9Cbersicht%20Q3.csv",
        QUARTER,
    ),
    "extended, before a plain one": (
        "filename*=utf-8''%C3%9Cbersicht%20Q3.csv; filename=\"_bersicht.csv\"",
        QUARTER,
    ),
    "extended, in quotes": ("filename*=\"utf-8''report.csv\"", "report.csv"),
    "in pieces": ("filename*0*=utf-8''%C3%9Cber; filename*1=\"sicht Q3.csv\"", QUARTER),
    "an unknown charset": ("filename*=klingon''%DC.csv; filename=\"report.csv\"", "report.csv"),
    "bytes that are none": ("filename*=utf-8''%FF.csv; filename=\"report.csv\"", "report.csv"),
    "an empty one": ("filename*=utf-8''; filename=\"report.csv\"", "report.csv"),
    "an encoded word": ('filename="=?utf-8?B?w5xiZXJzaWNodCBRMy5jc3Y=?="', QUARTER),
    "an encoded word, quoted": ('filename="=?UTF-8?Q?=C3=9Cbersicht_Q3.csv?="', QUARTER),
    "two encoded words": ('filename="=?utf-8?B?w5xiZXI=?= =?utf-8?Q?sicht_Q3.csv?="', QUARTER),
    "half an encoded word": ('filename="=?utf-8?B?w5xiZ"', "=?utf-8?B?w5xiZ"),
    "a word in an unknown charset": ('filename="=?klingon?Q?a?="', "=?klingon?Q?a?="),
    "a word that is none": ('filename="=?utf-8?B?/w==?="', "=?utf-8?B?/w==?="),
    "quotes, as browsers escape them": ('filename="6%22 pipe.csv"', '6" pipe.csv'),
    "quotes, as curl escapes them": (r'filename="6\" pipe.csv"', '6" pipe.csv'),
    "other escapes": ('filename="100%25%20.csv"', "100%25%20.csv"),
    "a semicolon": ('filename="a;filename=b.csv"', "a;filename=b.csv"),
    "a path of Windows": (r'filename="C:\new\report.csv"', r"C:\new\report.csv"),
    "nothing": ('filename=""', ""),
    "none": ("size=3", None),
    "a field of this name": ('name="filename"', None),
}


@pytest.mark.parametrize(("parameters", "name"), NAMES.values(), ids=NAMES)
def test_a_name_is_read_in_every_form(parameters: str, name: str | None) -> None:
    assert file_name_in(f'form-data; name="file"; {parameters}') == name


def test_a_long_header_takes_no_longer_than_it_is() -> None:
    crafted = "form-data; " + 'filename="\\' * 20_000 + "=?a?b?" * 20_000

    assert file_name_in(crafted) is not None


def test_contradicting_pieces_of_a_name_are_no_error() -> None:
    """Python 3.14.10 makes a name of them, and earlier ones raise TypeError."""
    assert file_name_in("form-data; filename*1*=b; filename*x=c; filename*=d") in {None, "db"}
