"""Every kind of execution, in one table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from backend.models.execution_bodies import KIND_MODELS
from backend.services.background.kinds import ExecutionKind
from backend.services.exchange.exports import ExportKind, export_name
from backend.services.exchange.imports.kind import ImportKind
from backend.services.exchange.reports import ReportKind, report_name
from backend.services.workflows.runs.kinds import CrewKind, FlowKind

Namer = Callable[[Any], Awaitable[str]]
"""Makes a short name of inputs, the same for the same inputs. They were checked before."""


@dataclass(frozen=True)
class RegisteredKind:
    kind: ExecutionKind[Any, Any]
    inputs: type[BaseModel]
    name: Namer


ExecutionKinds = Mapping[str, RegisteredKind]


def execution_kinds(
    reports: ReportKind,
    imports: ImportKind,
    exports: ExportKind,
    crews: CrewKind,
    flows: FlowKind,
) -> dict[str, RegisteredKind]:
    return {
        "report": _registered("report", reports, report_name),
        "import": _registered("import", imports, imports.name),
        "export": _registered("export", exports, export_name),
        "crew": _registered("crew", crews, crews.name),
        "flow": _registered("flow", flows, flows.name),
    }


def _registered(name: str, kind: ExecutionKind[Any, Any], namer: Namer) -> RegisteredKind:
    return RegisteredKind(kind, KIND_MODELS[name].inputs, namer)
