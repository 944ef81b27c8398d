"""The kinds of executions with the models of their inputs and results, and bodies built from them.

A new kind is one line in `KIND_MODELS`, and one in the table of its area, such as
`exchange_kinds`.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, create_model
from typing_extensions import TypeAliasType

from backend.models.background.executions import (
    EXAMPLE,
    ExecutionCreate,
    ExecutionDraft,
    ExecutionPublic,
)
from backend.models.exchange.account_exports import (
    ACCOUNT_EXPORT,
    AccountExportInputs,
    AccountExportResult,
)
from backend.models.exchange.exports import ExportInputs, ExportResult
from backend.models.exchange.imports import ImportInputs, ImportResult
from backend.models.exchange.reports import ReportInputs, ReportResult
from backend.models.platform.base import config
from backend.models.platform.tagged_bodies import ShownByKind, TakenByKind, examples_of
from backend.models.workflows.workflow_runs import CrewInputs, FlowInputs, WorkflowResult


class KindModels(NamedTuple):
    inputs: type[BaseModel]
    result: type[BaseModel]


KIND_MODELS: dict[str, KindModels] = {
    "report": KindModels(ReportInputs, ReportResult),
    "import": KindModels(ImportInputs, ImportResult),
    "export": KindModels(ExportInputs, ExportResult),
    ACCOUNT_EXPORT: KindModels(AccountExportInputs, AccountExportResult),
    "crew": KindModels(CrewInputs, WorkflowResult),
    "flow": KindModels(FlowInputs, WorkflowResult),
}


def _known(kind: str) -> str:
    if kind not in KIND_MODELS:
        raise ValueError(f"must be one of: {', '.join(KIND_MODELS)}")
    return kind


_KnownKind = Annotated[str, AfterValidator(_known)]


class _UnknownDraft(ExecutionDraft):
    """Reads a body of an unknown kind, and reports it."""

    kind: _KnownKind


class _UnknownCreate(ExecutionCreate):
    kind: _KnownKind


def _of_kind(base: type[BaseModel], kind: str, **fields: Any) -> type[BaseModel]:
    """Return the base with the fields that the kind replaces."""
    name = f"{kind.title()}{base.__name__}"
    inputs, result = KIND_MODELS[kind]
    fields = {"kind": (Literal[kind], ...), "inputs": (inputs, ...), **fields}
    made = create_model(name, __base__=base, __module__=__name__, **fields)
    example: dict[str, Any] = {"kind": kind, "inputs": examples_of(inputs)[0]}
    if base is ExecutionPublic:
        example = EXAMPLE | example | {"name": kind.title()}
        example["result"] = examples_of(result)[0]
    shown = {"json_schema_extra": {"examples": [example]}}
    made.model_config = config(**base.model_config | shown)
    return made


_DRAFTS = {kind: _of_kind(ExecutionDraft, kind) for kind in KIND_MODELS}
_CREATES = {kind: _of_kind(ExecutionCreate, kind) for kind in KIND_MODELS}
_PUBLICS = {
    kind: _of_kind(ExecutionPublic, kind, result=(models.result | None, ...))
    for kind, models in KIND_MODELS.items()
}

AnyExecution = TypeAliasType(
    "AnyExecution", Annotated[ExecutionPublic, ShownByKind(ExecutionPublic, _PUBLICS)]
)
AnyExecutionDraft = Annotated[ExecutionDraft, TakenByKind(_UnknownDraft, _DRAFTS)]
AnyExecutionCreate = Annotated[ExecutionCreate, TakenByKind(_UnknownCreate, _CREATES)]


def account_export(data: AccountExportInputs | None) -> ExecutionCreate:
    """What `POST /users/me/export` stands for."""
    return ExecutionCreate(kind=ACCOUNT_EXPORT, inputs=data or AccountExportInputs())
