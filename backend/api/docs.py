"""Swagger UI and ReDoc from our own server: no CDN, no inline script."""

import re
from importlib.resources import files
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from backend.api import problems
from backend.api.kept_content import KeptContent
from backend.core.errors import NotFoundError
from backend.core.product import NAME

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_OWN = Path(str(files("backend.api") / "static"))

_REDOC_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_PICTURE = b"data:,"
_SCRIPT = "text/javascript"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: {title}</title>
<link rel="icon" href="/docs/assets/favicon.png">
{head}<link rel="stylesheet" href="/docs/own/docs.css">
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER = _PAGE.format(
    name=NAME,
    title="Swagger UI",
    head=(
        '<link rel="preload" href="/openapi.json" as="fetch" crossorigin>\n'
        '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">\n'
    ),
    body=(
        '<div id="swagger-ui"></div>\n'
        '<script src="/docs/assets/swagger-ui-bundle.js"></script>\n'
        '<script src="/docs/own/docs.js"></script>'
    ),
)
_REDOC = _PAGE.format(
    name=NAME,
    title="ReDoc",
    head='<link rel="preload" href="/openapi.json" as="fetch" crossorigin>\n',
    body=(
        '<div id="redoc"></div>\n'
        '<script src="/docs/redoc.js"></script>\n'
        '<script src="/docs/own/redoc.js"></script>'
    ),
)
_ADDRESS = re.compile(r'(?<=(?:src|ref)=")/docs/[^"]+')


class Docs:
    """The documentation pages and the files they load."""

    def __init__(self) -> None:
        self._files = {
            "/docs/assets/favicon.png": _file(_ASSETS / "favicon.png", "image/png"),
            "/docs/assets/swagger-ui.css": _file(_ASSETS / "swagger-ui.css", "text/css"),
            "/docs/assets/swagger-ui-bundle.js": _file(_ASSETS / "swagger-ui-bundle.js"),
            "/docs/redoc.js": KeptContent(_redoc_without_cdn, _SCRIPT),
            "/docs/own/docs.css": _file(_OWN / "docs.css", "text/css"),
            "/docs/own/docs.js": _file(_OWN / "docs.js"),
            "/docs/own/redoc.js": _file(_OWN / "redoc.js"),
        }

    def add_to(self, app: FastAPI) -> None:
        app.include_router(router)
        app.add_route("/docs", self.show_swagger_ui, include_in_schema=False)
        app.add_route("/redoc", self.show_redoc, include_in_schema=False)
        for address, file in self._files.items():
            app.add_route(address, file.answer, include_in_schema=False)

    async def show_swagger_ui(self, _: Request) -> HTMLResponse:
        return _page(await self._versioned(_SWAGGER))

    async def show_redoc(self, _: Request) -> HTMLResponse:
        # ReDoc writes its styles into the page, and searches in a worker that it creates.
        html = await self._versioned(_REDOC)
        return _page(html, styles="'self' 'unsafe-inline'", workers="blob:")

    async def _versioned(self, html: str) -> str:
        """Return the page with versioned addresses that browsers may cache for ever."""
        addresses = set(_ADDRESS.findall(html))
        versions = {each: await self._files[each].version() for each in addresses}
        return _ADDRESS.sub(lambda found: f"{found[0]}?v={versions[found[0]]}", html)


def _file(path: Path, media_type: str = _SCRIPT) -> KeptContent:
    return KeptContent(path.read_bytes, media_type)


def _redoc_without_cdn() -> bytes:
    """ReDoc without the logo that it loads from its vendor."""
    script = (_ASSETS / "redoc.standalone.js").read_bytes()
    return script.replace(_REDOC_LOGO, _NO_PICTURE)


router = APIRouter(include_in_schema=False)


@router.get("/")
async def go_to_docs() -> RedirectResponse:
    return RedirectResponse("/docs")


@router.get("/problems/{slug}")
async def explain_problem(slug: str) -> HTMLResponse:
    """Explain a problem: the page that its `type` links to."""
    kind = problems.PROBLEMS.get(slug)
    if kind is None:
        raise NotFoundError("There is no problem with this name.")
    meaning = re.sub("`(.+?)`", r"<code>\1</code>", kind.meaning)
    body = f"<main><h1>{kind.title}</h1><p>Status {kind.status}. {meaning}</p></main>"
    return _page(_PAGE.format(name=NAME, title=kind.title, head="", body=body))


def _page(html: str, *, styles: str = "'self'", workers: str = "'none'") -> HTMLResponse:
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {styles}; worker-src {workers}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
