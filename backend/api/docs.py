"""Swagger UI and ReDoc from our own server: no CDN, no inline script."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from backend.api import problems
from backend.core.errors import NotFoundError

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_OWN = Path(str(files("backend.api") / "static"))

_REDOC_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_PICTURE = b"data:,"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MVP Backend: {title}</title>
<link rel="icon" href="/docs/assets/favicon.png">
{head}<link rel="stylesheet" href="/docs/own/docs.css">
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER = _PAGE.format(
    title="Swagger UI",
    head='<link rel="stylesheet" href="/docs/assets/swagger-ui.css">\n',
    body=(
        '<div id="swagger-ui"></div>\n'
        '<script src="/docs/assets/swagger-ui-bundle.js"></script>\n'
        '<script src="/docs/own/docs.js"></script>'
    ),
)
_REDOC = _PAGE.format(
    title="ReDoc",
    head="",
    body='<redoc spec-url="/openapi.json"></redoc>\n<script src="/docs/redoc.js"></script>',
)

router = APIRouter(include_in_schema=False)


class _Assets(StaticFiles):
    """Files that a browser may keep, and asks about before it uses them again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount_docs(app: FastAPI) -> None:
    app.include_router(router)
    app.add_route("/docs/redoc.js", redoc_script, include_in_schema=False)
    app.mount("/docs/assets", _Assets(directory=_ASSETS))
    app.mount("/docs/own", _Assets(directory=_OWN))


@router.get("/")
async def go_to_docs() -> RedirectResponse:
    return RedirectResponse("/docs")


@router.get("/docs")
async def show_swagger_ui() -> HTMLResponse:
    return _page(_SWAGGER)


@router.get("/redoc")
async def show_redoc() -> HTMLResponse:
    # It writes its styles into the page, and searches in a worker that it makes itself.
    return _page(_REDOC, styles="'self' 'unsafe-inline'", workers="blob:")


def redoc_script(_: Request) -> Response:
    headers = {"Cache-Control": "max-age=3600"}
    return Response(_redoc_without_cdn(), headers=headers, media_type="text/javascript")


@router.get("/problems/{slug}")
async def explain_problem(slug: str) -> HTMLResponse:
    """Where the `type` of a problem leads."""
    kind = problems.PROBLEMS.get(slug)
    if kind is None:
        raise NotFoundError("There is no problem with this name.")
    meaning = re.sub("`(.+?)`", r"<code>\1</code>", kind.meaning)
    body = f"<main><h1>{kind.title}</h1><p>Status {kind.status}. {meaning}</p></main>"
    return _page(_PAGE.format(title=kind.title, head="", body=body))


@cache
def _redoc_without_cdn() -> bytes:
    """ReDoc, but for the logo that it would get from its makers' server."""
    script = (_ASSETS / "redoc.standalone.js").read_bytes()
    return script.replace(_REDOC_LOGO, _NO_PICTURE)


def _page(html: str, *, styles: str = "'self'", workers: str = "'none'") -> HTMLResponse:
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {styles}; worker-src {workers}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
