"""Imports: a spreadsheet becomes rows of the team's data. `ImportKind` in `kind.py` runs them.

The file is read once (`reading.py`, by the headers in `columns.py`), and its rows, validated by the
same schemas as the API's, go to a file on the disk (`spool.py`). From there they come back in
batches, each of which is compared with what is in the database (`planning.py`, by the rules of its
resource in `resources.py`) and written (`writing.py`).
"""
