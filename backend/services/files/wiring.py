"""The services of files."""

from backend.core.config import FileSettings
from backend.repositories.files.unit import FilesUnits
from backend.services.files.contents import FileContents
from backend.services.files.files import FileService
from backend.services.files.quota import FileQuota
from backend.services.files.storage import FileStorage
from backend.services.files.uploads import FileRules


class FilesServices:
    def __init__(self, uow: FilesUnits, storage: FileStorage, settings: FileSettings) -> None:
        rules = FileRules(settings.max_bytes, settings.allowed_types)
        quota = FileQuota(settings.count_per_person, settings.bytes_per_person)
        self.contents = FileContents(uow, storage)
        self.files = FileService(uow, self.contents, rules, quota)
