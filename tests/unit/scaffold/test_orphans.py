from pathlib import Path

import libcst as cst

from scaffold.remove.orphans import definitions_of, mentions, needed_elsewhere, orphaned
from scaffold.remove.syntax import Source


def test_what_only_a_removed_file_named_is_an_orphan() -> None:
    kept = "def splice() -> None: ...\ndef hoist() -> None: ...\nhoist()\n"

    assert orphaned(mentions([kept, "splice()"]), [kept]) == {"splice"}


def test_what_migrations_use_is_needed(tmp_path: Path) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "alembic/env.py").write_text("configure(sorted_by=splice)")

    assert "splice" in needed_elsewhere(tmp_path)


def test_a_setting_that_nobody_reads_is_an_orphan() -> None:
    fields = "    reef_days: int = Field(default=3)\n    sail: bool = True\n"
    settings, model = f"class RetentionSettings:\n{fields}", f"class Boat:\n{fields}"
    gone = orphaned(mentions([settings, "print(retention.reef_days, sail)"]), [settings, "sail"])

    assert gone == {"reef_days"}
    assert len([*definitions_of(Source(Path("a.py"), settings), gone)]) == 1
    # What a model has may be read without being named.
    assert [*definitions_of(Source(Path("a.py"), model), gone)] == []


def test_a_table_is_needed_by_migrations() -> None:
    boats = "class Boat(Base, table=True): ...\nclass Raft: ...\n"

    [found] = definitions_of(Source(Path("a.py"), boats), {"Boat", "Raft"})

    assert isinstance(found, cst.ClassDef)
    assert found.name.value == "Raft"
