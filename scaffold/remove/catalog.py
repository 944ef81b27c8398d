"""What the database has of tables and columns that are to go, as the SQL that makes it anew."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated::text,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT c.conname, c.contype::text, pg_get_constraintdef(c.oid), c.confrelid::regclass::text,
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = c.conrelid AND attnum = ANY (c.conkey))
FROM pg_constraint c
WHERE c.conrelid = CAST(:table AS regclass) AND c.contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY c.contype = 'f', c.conname
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),
       ARRAY(SELECT DISTINCT a.attname::text
             FROM pg_depend d JOIN pg_attribute a
               ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.objid = i.indexrelid AND d.refobjid = i.indrelid)
FROM pg_index i
WHERE i.indrelid = CAST(:table AS regclass)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid
                  AND c.conrelid = i.indrelid)
ORDER BY 1
"""
_TRIGGERS = """
SELECT pg_get_triggerdef(oid) FROM pg_trigger
WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal
ORDER BY tgname
"""


class Constraint(NamedTuple):
    name: str
    kind: str
    definition: str
    referred: str | None
    columns: list[str]


class Index(NamedTuple):
    name: str
    definition: str
    columns: list[str]


class StoredTable(NamedTuple):
    """
    Attributes:
        columns: the definition of each, by name.
        triggers: their definitions. Their functions stay when a table goes.
    """

    name: str
    columns: dict[str, str]
    constraints: list[Constraint]
    indexes: list[Index]
    triggers: list[str]

    @property
    def referred(self) -> set[str]:
        return {each.referred for each in self.constraints if each.kind == "f" and each.referred}

    def creation(self) -> list[str]:
        parts = [f"{name} {definition}" for name, definition in self.columns.items()]
        parts += [f"CONSTRAINT {each.name} {each.definition}" for each in self.constraints]
        body = ",\n    ".join(parts)
        return [
            f"CREATE TABLE {self.name} (\n    {body}\n)",
            *(each.definition for each in self.indexes),
            *self.triggers,
        ]

    def constraints_of(self, columns: set[str]) -> list[Constraint]:
        return [each for each in self.constraints if not columns.isdisjoint(each.columns)]

    def creation_of(self, columns: set[str]) -> list[str]:
        """Return what makes columns of this table anew, with their constraints and indexes."""
        return [
            *(
                f"ALTER TABLE {self.name} ADD COLUMN {name} {definition}"
                for name, definition in self.columns.items()
                if name in columns
            ),
            *(
                f"ALTER TABLE {self.name} ADD CONSTRAINT {each.name} {each.definition}"
                for each in self.constraints_of(columns)
            ),
            *(each.definition for each in self.indexes if not columns.isdisjoint(each.columns)),
        ]


def stored(connection: Connection, table: str) -> StoredTable:
    def rows(query: str) -> Iterable[Any]:
        return connection.execute(text(query), {"table": table}).all()

    return StoredTable(
        table,
        {name: _definition(*rest) for name, *rest in rows(_COLUMNS)},
        [Constraint(*each) for each in rows(_CONSTRAINTS)],
        [Index(*each) for each in rows(_INDEXES)],
        [definition for (definition,) in rows(_TRIGGERS)],
    )


def _definition(
    kind: str, is_required: bool, generated: str, default: str | None
) -> str:  # a row of the catalog
    parts = [kind]
    if generated:
        parts.append(f"GENERATED ALWAYS AS ({default}) STORED")
    elif default is not None:
        parts.append(f"DEFAULT {default}")
    return " ".join([*parts, "NOT NULL"] if is_required else parts)


def referring_first(tables: list[StoredTable]) -> list[StoredTable]:
    """Return the tables in an order in which they can be dropped."""
    left, ordered = list(tables), list[StoredTable]()
    while left:
        free = [
            each
            for each in left
            if not any(each.name in other.referred for other in left if other is not each)
        ]
        if not free:
            raise ValueError(f"{left[0].name}: its tables refer to each other in a circle")
        ordered += free
        left = [each for each in left if each not in free]
    return ordered
