"""Which events are waited for, where nobody may be."""

from sqlmodel import Field, SQLModel


class EventDemand(SQLModel, table=True):
    """A task is started by events of a type. Without the row, they make no job for it."""

    __tablename__ = "event_demands"

    task: str = Field(primary_key=True)
    event_type: str = Field(primary_key=True)
