"""What `mvp new` writes fits its lines, however long the names are."""

import ast

from scaffold.folding import folded
from tests.unit.scaffold.test_twice import planned

LONG = "external_reference_of_the_carrier"


def test_what_is_written_with_long_names_fits() -> None:
    tree = planned("purchase_order_lines", f"{LONG}:line!", "contact_email:email!")

    texts = {path: tree.read(path) for path in tree.changed if path.endswith(".py")}

    assert (
        "A purchase order line with this" in texts["backend/models/tasks/purchase_order_lines.py"]
    )
    assert [line for text in texts.values() for line in text.splitlines() if len(line) > 100] == []


def test_a_folded_text_says_the_same() -> None:
    message = " ".join(f"word{number}" for number in range(40))
    source = f'def f():\n    """{message}"""\n    g(\n        "{message}",\n        1,\n    )\n'

    function = ast.parse(folded(source)).body[0]

    assert isinstance(function, ast.FunctionDef)
    assert " ".join((ast.get_docstring(function) or "").split()) == message
    assert f"'{message}'" in ast.dump(function)
    assert max(map(len, folded(source).splitlines())) <= 100


def test_what_fits_stays() -> None:
    source = 'X = "a"\n"""What it is."""\n'

    assert folded(source) == source
