from sqlalchemy import UniqueConstraint

from backend.models.platform.base import metadata
from backend.repositories.sql.platform.constraints import REFERENCES, REFERRED, UNIQUE

NEVER_VIOLATED = {
    # Rows that are there already are skipped.
    "uq_execution_steps_execution_id_name",
    "uq_idempotent_requests_user_id_key",
    "uq_mails_dedup_key",
    "uq_notifications_user_id_event_id",
    "uq_tools_name",
    # The numbers are given out while a row is locked.
    "uq_chat_messages_chat_id_position",
    "uq_prompt_versions_prompt_id_number",
    "uq_workflow_versions_workflow_id_number",
    # 256 random bits.
    "uq_account_tokens_token_hash",
    "uq_refresh_tokens_token_hash",
}
OF_PROCRASTINATE = {"procrastinate_jobs_queueing_lock_idx_v1"}


def unique_constraints() -> set[str]:
    tables = metadata.tables.values()
    constraints = {c.name for t in tables for c in t.constraints if isinstance(c, UniqueConstraint)}
    indexes = {index.name for table in tables for index in table.indexes if index.unique}
    return set(map(str, constraints | indexes))


def foreign_keys() -> set[str]:
    tables = metadata.tables.values()
    return {str(key.name) for table in tables for key in table.foreign_key_constraints}


def test_each_unique_constraint_has_a_meaning_or_is_never_violated() -> None:
    assert unique_constraints() == UNIQUE.keys() - OF_PROCRASTINATE | NEVER_VIOLATED


def test_only_foreign_keys_that_exist_have_a_meaning() -> None:
    assert foreign_keys() >= REFERENCES.keys() | REFERRED.keys()
