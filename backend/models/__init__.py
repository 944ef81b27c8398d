"""Tables and schemas. Importing this package registers every table in the metadata."""

from importlib import import_module
from pkgutil import walk_packages

from backend.models.platform.organisations import divide_by_organisation

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)

divide_by_organisation()
