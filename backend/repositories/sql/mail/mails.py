from backend.models.mail.mails import Mail
from backend.repositories.sql.platform.base import SqlRepository


class SqlMailRepository(SqlRepository[Mail]):
    model = Mail
    kind = "mail"
