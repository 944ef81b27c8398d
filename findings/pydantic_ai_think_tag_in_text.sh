#!/bin/sh
# pydantic-ai 2.68.0 reads <think> in the text of a chat completion by chunks: a chunk that is the
# tag and nothing else begins a thought, wherever it comes, and all that follows is one until a chunk
# is the closing tag. So the same answer, which merely speaks of the tag, is whole if the tag shares
# its chunk with another character, and loses everything behind it if it does not: the text ends, the
# finish reason is "stop", and nothing tells of it. A real thought, cut into other chunks, is text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "pydantic-ai-slim[openai]==2.68.0" "openai==3.54.0"
cat > "$folder/show.py" <<'PYTHON'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pydantic_ai
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

ANSWERS = {
    "the tag shares its chunk": ["Write ", "<think> ", "first, then the rest."],
    "the tag is a chunk": ["Write ", "<think>", " first, then the rest."],
    "a thought in other chunks": ["<think>a", " plan</think>", "Five."],
}
EXPECTED = {
    "the tag shares its chunk": "Write <think> first, then the rest.",
    "the tag is a chunk": "Write ",
    "a thought in other chunks": "<think>a plan</think>Five.",
}
current: list[str] = []


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for piece in [*current, None]:
            delta = {} if piece is None else {"content": piece}
            choice = {"index": 0, "delta": delta, "finish_reason": None if piece else "stop"}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            self.wfile.write(b"data: %s\n\n" % json.dumps(chunk | {"choices": [choice]}).encode())
        self.wfile.write(b"data: [DONE]\n\n")


async def said(port: int) -> str:
    provider = OpenAIProvider(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
    async with Agent(OpenAIChatModel("m", provider=provider)).run_stream("Hello") as answer:
        text = await answer.get_output()
    assert answer.response.finish_reason == "stop"
    return text


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("pydantic-ai", pydantic_ai.__version__)
for name, pieces in ANSWERS.items():
    current[:] = pieces
    text = asyncio.run(said(server.server_port))
    print(f"{name:28} sent {''.join(pieces)!r:48} said {text!r}")
    assert text == EXPECTED[name], "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
