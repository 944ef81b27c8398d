"""Imports: a spreadsheet becomes rows of the team's data. `ImportKind` in `kind.py` runs them.

The file is read once (`reading.py`; `headers.py` finds which column is for which of `fields.py`),
and its rows, validated by the same schemas as the API's, go to a file on the disk (`spool.py`).
From there they are read in batches, each of which is compared with the database (`planning.py`, by
the rules of its resource in `resources.py`) and written (`writing.py`).

An import that is all or nothing is planned without locks, and the plans go to the disk as well. One
transaction then writes them: new rows first, and then existing ones, which it locks in the order of
their ids, and whose versions it compares. Only rows that others have changed since are planned
again. So others wait only for the last part of the writing.

An attempt may be followed by another one at any moment, and no row is created twice:

- A new row has an id that follows from the execution and its number (`identities.py`), so that the
  next attempt finds it, and counts it as created.
- An updated row equals the stored one. If the crash came between the commit of a batch and the end
  of its step, the next attempt counts its rows as unchanged.
- Batches do not look at the lease of the execution. A worker that was frozen for longer than the
  lease may still commit the one that it was at. It locks what it changes and reads it under the
  lock, as always; so it may set a row once more to what the file says, and never doubles one: the
  second insertion of an id is an error, which hands the execution back, and the next attempt
  finds the rows.
"""
