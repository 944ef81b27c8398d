"""The kinds of executions `report`, `import`, `export` and `account`."""

from backend.models.exchange.account_exports import ACCOUNT_EXPORT, AccountExportInputs
from backend.models.exchange.exports import ExportInputs
from backend.models.exchange.imports import ImportInputs
from backend.models.exchange.reports import ReportInputs
from backend.services.background.kinds import RegisteredKind
from backend.services.exchange.account_exports import AccountExportKind, account_export_name
from backend.services.exchange.exports import ExportKind, export_name
from backend.services.exchange.imports.kind import ImportKind, import_name
from backend.services.exchange.reports import ReportKind, report_name


def exchange_kinds(
    reports: ReportKind, imports: ImportKind, exports: ExportKind, accounts: AccountExportKind
) -> dict[str, RegisteredKind]:
    """By name."""
    return {
        "report": RegisteredKind(reports, ReportInputs, report_name),
        "import": RegisteredKind(imports, ImportInputs, import_name),
        "export": RegisteredKind(exports, ExportInputs, export_name),
        ACCOUNT_EXPORT: RegisteredKind(
            accounts, AccountExportInputs, account_export_name, in_person=True
        ),
    }
