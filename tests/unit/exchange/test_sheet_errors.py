import pytest

from backend.models.exchange.sheet_errors import is_error_text
from backend.models.exchange.sheets import as_written, harmless

ERRORS = [
    *("#N/A", "#VALUE!", "#DIV/0!", "#SPILL!", "#GETTING_DATA", " #REF! "),
    *("#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#ÜBERLAUF!", "#VALEUR!", "#VALEUR !", "#NOM ?"),
    *("#¡VALOR!", "#¿NOMBRE?", "#N/D", "#RIF!", "#WAARDE!", "#VÄRDEFEL!", "#ARVO!", "#ARG!"),
    *("#ЗНАЧ!", "#HODNOTA!", "#ÉRTÉK!", "#DEĞER!", "#ERROR!", "#NAME?", "#NULL!", "#NUM!"),
    *("Err:508", "Err :502", "Fehler:504", "Chyba:501", "Ошибка:522", "错误:508"),
]
NAMES = [
    *("#1 Shop", "#1", "#hashtag", "# REF!", "#BLESSED", "#", "No #N/A here", "N/A", "VALUE!"),
    *("Err", "Err:", "Err:8", "Error: 508", "Note:508", "Fel:50", "http://localhost:508", "12:508"),
]


@pytest.mark.parametrize("text", ERRORS)
def test_errors_of_spreadsheets_are_known(text: str) -> None:
    assert is_error_text(text)


@pytest.mark.parametrize("text", NAMES)
def test_names_are_no_errors(text: str) -> None:
    assert not is_error_text(text)


@pytest.mark.parametrize("text", [*ERRORS, *NAMES, "=1", "'#N/A", "''#N/A", '="1"', "+49", "'"])
def test_an_export_is_read_as_it_was_written(text: str) -> None:
    assert as_written(harmless(text)) == text
    assert not is_error_text(harmless(text))
