import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from backend.models.platform.mixins import now
from tests.fixtures.processes import RunMvp


def test_clean_deletes_what_broken_uploads_have_left(
    mvp: RunMvp, fresh_database_url: str, tmp_path: Path
) -> None:
    old, young = (tmp_path / str(uuid4()) for _ in range(2))
    for path in (old, young):
        path.write_bytes(b"left")
    yesterday = (now() - timedelta(hours=25)).timestamp()
    os.utime(old, (yesterday, yesterday))

    done = mvp("files", "clean", DATABASE_URL=fresh_database_url, FILES_URL=tmp_path.as_uri())

    assert (done.returncode, done.stderr) == (0, "1 removed.\n")
    assert [path.name for path in tmp_path.iterdir()] == [young.name]


def test_a_storage_that_cannot_be_used_is_named(mvp: RunMvp, fresh_database_url: str) -> None:
    done = mvp("files", "clean", DATABASE_URL=fresh_database_url, FILES_URL="ftp://files")

    assert done.returncode == 2
    assert "FILES_URL: 'ftp://files' can't be used" in done.stderr
