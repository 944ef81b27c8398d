from pathlib import Path

from scaffold.remove.orphans import mentions, needed_elsewhere, orphaned


def test_what_only_a_removed_file_named_is_an_orphan() -> None:
    kept = "def splice() -> None: ...\ndef hoist() -> None: ...\nhoist()\n"

    assert orphaned(mentions([kept, "splice()"]), [kept]) == {"splice"}


def test_what_migrations_use_is_needed(tmp_path: Path) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "alembic/env.py").write_text("configure(sorted_by=splice)")

    assert "splice" in needed_elsewhere(tmp_path)
