"""The repositories of mail, for the units of work."""

from backend.repositories.sql.mail.mails import SqlMailRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlMail(SqlRepositories):
    mails = provided(SqlMailRepository)
