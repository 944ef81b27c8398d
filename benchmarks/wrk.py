"""Has wrk send a case's request for a while, and reads what it found out."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case

_TIMEOUT = "30s"
_MARK = "benchmark-result "
_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '%s{"requests": %%d, "seconds": %%.6f, "p50_ms": %%.3f, "p99_ms": %%.3f, "failed": %%d}\\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status + e.connect + e.read + e.write + e.timeout))
end
"""
_IN_TURN = """
turn = 0
request = function()
  turn = 1 - turn
  return wrk.format(nil, nil, nil, bodies[turn + 1])
end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk found out. `failed` counts statuses above 399 and broken connections."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int


def put_load(case: Case, url: str, connections: int, seconds: int, folder: Path) -> Load:
    """Send the request over all connections at once, each waiting for its answer.

    Raises:
        RuntimeError: wrk could not do it; the text is its own.
    """
    script = folder / "case.lua"
    script.write_text(_lua(case))
    flags = ("-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT}", f"-s{script}")
    ran = subprocess.run(["wrk", *flags, url], check=False, capture_output=True, text=True)
    _, found, result = ran.stdout.partition(_MARK)
    if ran.returncode or not found:
        raise RuntimeError(f"wrk failed:\n{ran.stdout}{ran.stderr}")
    return Load(**json.loads(result))


def _lua(case: Case) -> str:
    lines = [f"wrk.method = {_quoted(case.method)}", f"wrk.path = {_quoted(case.path)}"]
    lines += [f"wrk.headers[{_quoted(n)}] = {_quoted(v)}" for n, v in case.headers.items()]
    if case.body is not None:
        lines.append(f"wrk.body = {_quoted(case.body)}")
    if case.other_body is not None:
        lines += [f"bodies = {{{_quoted(case.body or '')}, {_quoted(case.other_body)}}}", _IN_TURN]
    return "\n".join(lines) + _DONE % _MARK


def _quoted(text: str) -> str:
    """As Lua reads it; our requests are plain ASCII, which JSON and Lua quote alike."""
    return json.dumps(text)
