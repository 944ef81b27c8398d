#!/usr/bin/env bash
# A PostgreSQL URL that SQLAlchemy has written is not the one that libpq reads.
#
# `make_url(url).render_as_string(hide_password=False)` is how a program that was configured with one
# URL hands it on to psycopg, psql or pg_dump. SQLAlchemy reads `%20` in both, and writes a space of
# the user or the password as it is, and one of a parameter as `+`. libpq refuses the first ("use
# percent-encoded spaces"), and takes the `+` for itself: a server that is given
# `options=-c search_path=shop` gets `-c+search_path=shop`. SQLAlchemy reads back what it has written,
# so a round trip within Python shows nothing. Escaping both as `%20` suits both.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    sqlalchemy==2.1.9 'psycopg[binary]==3.3.9'

cat >urls.py <<'PY'
import sys

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

URL = "postgresql://ada:{password}@db.example.com/shop?options=-c%20search_path%3Dshop"


def read_by_libpq(url: str) -> str:
    try:
        found = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        return f"refused: {error}"
    return f"password={found['password']!r} options={found['options']!r}"


print("Python", sys.version.split()[0], "SQLAlchemy", sqlalchemy.__version__)
print("psycopg", psycopg.__version__, "libpq", psycopg.pq.version())
found = {}
for password in ("two%20words", "one"):
    url = URL.format(password=password)
    written = make_url(url).render_as_string(hide_password=False)
    assert make_url(written) == make_url(url)
    escaped = written.replace(" ", "%20").replace("+", "%20")
    found[password] = read_by_libpq(written)
    print("given:  ", url, "->", read_by_libpq(url))
    print("written:", written, "->", found[password])
    assert read_by_libpq(escaped) == read_by_libpq(url)
    assert read_by_libpq(url).endswith("options='-c search_path=shop'")
assert found["two%20words"].startswith("refused: unexpected spaces"), "the finding is history"
assert found["one"].endswith("options='-c+search_path=shop'"), "the finding is history"
PY
venv/bin/python urls.py
