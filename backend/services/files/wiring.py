"""The services of files."""

from dataclasses import dataclass
from typing import Self

from backend.core.config import FileSettings
from backend.repositories.files.unit import FilesUnits
from backend.services.files.files import FileRules, FileService
from backend.services.files.quota import FileQuota
from backend.services.files.storage import FileStorage


@dataclass(frozen=True)
class FilesServices:
    files: FileService

    @classmethod
    def wire(cls, uow: FilesUnits, storage: FileStorage, settings: FileSettings) -> Self:
        rules = FileRules(settings.max_bytes, settings.allowed_types)
        quota = FileQuota(settings.count_per_person, settings.bytes_per_person)
        return cls(files=FileService(uow, storage, rules, quota))
