#!/bin/sh
# zensical 0.0.73: the plugin `offline`, which is there so that "site search works even when accessed
# from the file system", makes every page load https://unpkg.com/iframe-worker/shim. Without a network
# the search then says that it is unavailable. Without the plugin no page loads anything from elsewhere
# (with `font = false`), and the search works from any web server. The build says "No issues found"
# with --strict in both cases.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "zensical==0.0.73" "click==8.5.1" "markdown==3.11.3" "deepmerge==4.0.0" "jinja2==3.1.6"
mkdir -p "$folder/docs"
echo "# A page" > "$folder/docs/index.md"

build() { # $1: what is added to the configuration; prints what the page loads from elsewhere
  printf '[project]\nsite_name = "Site"\nuse_directory_urls = false\n[project.theme]\nfont = false\n%s\n' \
    "$1" > "$folder/zensical.toml"
  (cd "$folder" && "$folder/venv/bin/zensical" build --strict --clean > build.log 2>&1) || cat "$folder/build.log"
  grep -oE '<(script|link)[^>]+(src|href)="https?://[^"]+"' "$folder/site/index.html" \
    | grep -oE 'https?://[^"]+' || true
}

"$folder/venv/bin/zensical" --version
without=$(build "")
with=$(build "[project.plugins.offline]")
echo "without the plugin a page loads from elsewhere: ${without:-nothing}"
echo "with the plugin: ${with:-nothing}"
test -z "$without"
test "$with" = "https://unpkg.com/iframe-worker/shim"
