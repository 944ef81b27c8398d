from backend.models.mails import Mail
from backend.repositories.sql.base import SqlRepository


class SqlMailRepository(SqlRepository[Mail]):
    model = Mail
    kind = "mail"
