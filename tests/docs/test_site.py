"""The built site: every link in it leads somewhere, and nothing is loaded from elsewhere."""

import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

Attributes = list[tuple[str, str | None]]


class Built(HTMLParser):
    """What a page links to, what a browser loads with it, and its anchors."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values["id"]} if "id" in values else set()
        target = values.get("href") or values.get("src")
        if target:
            (self.links if tag == "a" else self.loaded).add(target)


@pytest.fixture
def site(clone: Path) -> Path:
    subprocess.run(
        [clone / ".venv" / "bin" / "zensical", "build", "--strict", "--clean"],
        check=True,
        cwd=clone,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
    return clone / "site"


def test_the_site_is_whole_and_loads_nothing_from_elsewhere(site: Path) -> None:
    # The page of a web server for what is not there; its links begin at the root.
    built = {file: Built(file) for file in site.rglob("*.html") if file.name != "404.html"}

    assert len(built) > 50
    for file, page in built.items():
        assert not {target for target in page.loaded if urlsplit(target).netloc}, file
        for target in page.links | page.loaded:
            url = urlsplit(target)
            if url.scheme or url.netloc:
                continue
            found = (file.parent / unquote(url.path)).resolve() if url.path else file
            assert found.is_file(), (file, target)
            if url.fragment and found in built:
                assert url.fragment in built[found].anchors | {"__search"}, (file, target)
