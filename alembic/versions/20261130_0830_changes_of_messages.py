"""Changes of messages

Revision: 5b0c9e7d41f6
Follows: 8f3b6d0c2e71
Created: 2026-11-30 08:30:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b0c9e7d41f6"
down_revision: str | Sequence[str] | None = "8f3b6d0c2e71"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The lock has the changes of one chat committed in the order of their numbers, so that nobody who
# has seen one misses an earlier one.
FUNCTIONS = """
    CREATE FUNCTION number_change_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM chats WHERE id = NEW.chat_id FOR NO KEY UPDATE;
        NEW.change := nextval('chat_message_changes');
        PERFORM pg_notify('mvp_chats', NEW.chat_id::text);
        RETURN NEW;
    END $$;

    CREATE FUNCTION tell_end_of_chat() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('mvp_chats', OLD.id::text);
        RETURN NULL;
    END $$
"""
TRIGGERS = """
    CREATE TRIGGER changes_are_numbered BEFORE INSERT OR UPDATE ON chat_messages
    FOR EACH ROW EXECUTE FUNCTION number_change_of_message();

    CREATE TRIGGER end_is_told AFTER DELETE ON chats
    FOR EACH ROW EXECUTE FUNCTION tell_end_of_chat()
"""


def upgrade() -> None:
    op.add_column(
        "chat_messages", sa.Column("change", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.alter_column("chat_messages", "change", server_default=None)
    op.create_index(op.f("ix_chat_messages_chat_id_change"), "chat_messages", ["chat_id", "change"])
    op.execute("CREATE SEQUENCE chat_message_changes")
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.execute("DROP TRIGGER end_is_told ON chats")
    op.execute("DROP TRIGGER changes_are_numbered ON chat_messages")
    op.execute("DROP FUNCTION tell_end_of_chat, number_change_of_message")
    op.execute("DROP SEQUENCE chat_message_changes")
    op.drop_index(op.f("ix_chat_messages_chat_id_change"), table_name="chat_messages")
    op.drop_column("chat_messages", "change")
