"""Files of the team, and your own."""

import re
from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Form, Header, Path, Query, UploadFile, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from backend.api.deps import own_with
from backend.api.etags import CachedTagDep, MatchDep, NotModified, SeenTagsDep, TagDep
from backend.api.idempotency import IdempotentRoute, KeptAnswer, UploadKeyDep
from backend.api.injection import Injected
from backend.api.problems import (
    CONFLICT,
    PERMISSION_DENIED,
    QUOTA_REACHED,
    RANGE_NOT_SATISFIABLE,
    TOO_LARGE,
    UNSUPPORTED_TYPE,
    declare,
)
from backend.api.ranges import wanted_range
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.files.files import (
    DETACHED,
    File,
    FilePublic,
    FileQuery,
    FileSubject,
    FileUpdate,
)
from backend.models.platform.paging import Page
from backend.services.files.files import FileService
from backend.services.identity.rights import PresentRights

router = ResourceRouter(prefix="/files", tags=["files"], route_class=IdempotentRoute)
uploads = ResourceRouter(prefix="/files", tags=["files"], route_class=IdempotentRoute)
"""Separate, as its bodies may be larger."""

FileId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e08"])]
Reader = Annotated[Principal, own_with(Permission.FILES_READ)]
Writer = Annotated[Principal, own_with(Permission.FILES_WRITE)]
_TEXT = {"schema": {"type": "string"}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
# Some generators drop a response of any type.
_CONTENT = {"application/octet-stream": _BINARY, "*/*": _BINARY}
_HEADERS = {
    "Accept-Ranges": {"description": "Always `bytes`.", **_TEXT},
    "Content-Disposition": {"description": "An attachment, with its name.", **_TEXT},
    "ETag": {"description": "The SHA-256 of the content.", **_TEXT},
}
_RANGE = {"Content-Range": {"description": "The range of bytes and the size of the file.", **_TEXT}}


# An empty field counts as missing. Without the example, Swagger UI would fill in a made-up id.
_UUID_OR_EMPTY = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"
Subject = Annotated[
    UUID | None,
    WithJsonSchema(
        {
            "type": ["string", "null"],
            "pattern": _UUID_OR_EMPTY,
            "maxLength": 36,
            "examples": [""],
        }
    ),
]


def _is_file(value: object) -> object:
    if isinstance(value, str):
        raise ValueError("must be a file, not text")  # a TypeError is no 422
    return value


class FileForm(BaseModel):
    """The file, and what it is attached to, if anything."""

    model_config = ConfigDict(extra="forbid")

    file: Annotated[
        UploadFile,
        BeforeValidator(_is_file),
        # The form that generators for older documents expect.
        WithJsonSchema({"type": "string", "format": "binary"}),
    ]
    customer_id: Subject = None
    lead_id: Subject = None
    task_id: Subject = None
    module_id: Subject = None

    @property
    def subject(self) -> FileSubject:
        return FileSubject(self.customer_id, self.lead_id, self.task_id, self.module_id)


@router.get("", response_model=Page[FilePublic])
async def list_files(
    query: Annotated[FileQuery, Query()], by: Reader, files: Injected[FileService]
) -> Page[File]:
    """The files of the team and your own."""
    return await files.page(query, by)


@uploads.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=FilePublic,
    responses=declare(PERMISSION_DENIED, QUOTA_REACHED, TOO_LARGE, UNSUPPORTED_TYPE),
)
async def upload_file(
    form: Annotated[FileForm, Form(media_type="multipart/form-data")],
    by: Writer,
    files: Injected[FileService],
    tag: TagDep,
    key: UploadKeyDep,
) -> File | KeptAnswer:
    """Upload a file, attached to one object or to none.

    A file attached to a customer, a lead or a task belongs to the team, and takes `files:write`;
    all others are private to you. The type is determined by the content.
    """
    file = await files.upload(form.file.filename, form.file.file, form.subject, by, key)
    return tag.created("files", file)


@router.get("/{file_id}", response_model=FilePublic)
async def read_file(
    file_id: FileId, by: Reader, files: Injected[FileService], tag: CachedTagDep
) -> File:
    """The metadata of a file."""
    return tag(await files.read(file_id, by))


@router.get(
    "/{file_id}/content",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The whole file.", "content": _CONTENT, "headers": _HEADERS},
        206: {
            "description": "The requested range.",
            "content": _CONTENT,
            "headers": _HEADERS | _RANGE,
        },
        **declare(RANGE_NOT_SATISFIABLE),
    },
)
async def download_file(
    file_id: FileId,
    by: Reader,
    files: Injected[FileService],
    rights: Injected[PresentRights],
    seen: SeenTagsDep,
    range_: Annotated[
        str | None,
        Header(alias="Range", max_length=10_000, description="Such as `bytes=0-99`."),
    ] = None,
    if_range: Annotated[
        str | None,
        Header(
            alias="If-Range",
            max_length=10_000,
            description="The ETag of the content that the range belongs to.",
        ),
    ] = None,
) -> StreamingResponse:
    """Download a file or a part of it. The ETag is that of the content, which never changes."""
    file = await files.read(file_id, by)
    etag = f'"{file.sha256}"'
    if seen is None or etag in seen:
        raise NotModified(etag)
    part = wanted_range(range_, if_range, etag, file.size)
    start, end = part or (0, file.size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": _attachment(file.name),
        "Content-Length": str(end - start),
        "ETag": etag,
    }
    if part:
        headers["Content-Range"] = part.content_range(file.size)
    content = await files.download(file, start, end, partial(rights.of, by))
    return StreamingResponse(content, 206 if part else 200, headers, file.media_type)


@router.patch(
    "/{file_id}", response_model=FilePublic, responses=declare(CONFLICT, PERMISSION_DENIED)
)
async def update_file(
    file_id: FileId,
    data: FileUpdate,
    by: Writer,
    files: Injected[FileService],
    match: MatchDep,
    tag: TagDep,
) -> File:
    """Rename a file, or attach it to another object. Its content never changes.

    Attaching to or detaching from a customer, a lead or a task takes `files:write`. Taking a file
    of another person from the team, which returns it to them, takes `files:delete` too, and is
    refused once their account is gone.
    """
    return tag(await files.update(file_id, data, by, match))


@router.delete(
    "/{file_id}/subject",
    response_model=FilePublic,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def detach_file(
    file_id: FileId, by: Writer, files: Injected[FileService], match: MatchDep, tag: TagDep
) -> File:
    """Detach a file: it becomes private to the person who uploaded it.

    It takes the same permissions as `PATCH` with null. Returns the file.
    """
    return tag(await files.update(file_id, DETACHED, by, match))


@router.delete(
    "/{file_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(PERMISSION_DENIED),
)
async def delete_file(
    file_id: FileId, by: Writer, files: Injected[FileService], match: MatchDep
) -> None:
    """Delete a file for good. A team file that somebody else uploaded takes `files:delete`."""
    await files.delete(file_id, by, match)


def _attachment(name: str) -> str:
    """Return the header, with an ASCII name for old clients too (RFC 6266)."""
    plain = re.sub(r"[^ !#-\[\]-~]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(name, safe='')}"
