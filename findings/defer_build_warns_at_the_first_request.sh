#!/usr/bin/env bash
# A model with `defer_build=True` makes FastAPI warn at the first request, and not when it is declared.
#
# FastAPI gives pydantic a TypeAdapter of each parameter, whose `alias` pydantic takes for a mistake
# (UnsupportedFieldAttributeWarning). FastAPI knows, and quiets that while it makes the adapter. If the
# model of a form or a query is to be built late, so is the adapter: on the first request, when
# nothing is quiet any more, and the log blames a Field() that nobody wrote. Responses are not
# concerned: they have no alias.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    fastapi==0.165.0 starlette==1.10.0 pydantic==2.14.3 python-multipart==0.0.34 httpx==0.28.1

cat >app.py <<'PY'
import asyncio
import sys
import warnings
from typing import Annotated

import fastapi
import httpx
import pydantic
from pydantic.warnings import UnsupportedFieldAttributeWarning


def warned(work):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = work()
    kinds = [each for each in caught if each.category is UnsupportedFieldAttributeWarning]
    return answer, [str(each.message).partition(" was provided")[0] for each in kinds]


def declare(late):
    class Person(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(defer_build=late)
        name: str

    app = fastapi.FastAPI()

    @app.post("/people")
    async def add(person: Annotated[Person, fastapi.Form()]) -> Person:
        return person

    return app


async def post(app):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return (await client.post("/people", data={"name": "Ada"})).status_code


found = {}
for late in (False, True):
    app, at_declaration = warned(lambda: declare(late))
    status, at_request = warned(lambda: asyncio.run(post(app)))
    found[late] = (len(at_declaration), len(at_request))
    print(f"defer_build={late}: status {status}; warnings when declared {at_declaration},"
          f" at the first request {at_request}")
print(f"fastapi {fastapi.__version__}, pydantic {pydantic.VERSION}")
sys.exit(not (found[False] == (0, 0) and found[True][0] == 0 and found[True][1] > 0))
PY
venv/bin/python app.py
