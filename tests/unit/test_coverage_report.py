"""What `make coverage-report` says of the figures that it is given."""

from tests.coverage_report import Change, Counts, Files, report

FILES: Files = {
    "backend/api/v1/sales/leads.py": Counts(lines=8, lines_run=8, branches=2, branches_run=1),
    "backend/repositories/sql/sales/leads.py": Counts(10, 10, 0, 0),
    "backend/repositories/sales/leads.py": Counts(4, 2, 0, 0),
    "backend/core/security.py": Counts(6, 6, 0, 0),
}
NOTHING: Change = {"total_num_lines": 0, "total_percent_covered": 100, "src_stats": {}}
CHANGE: Change = {
    "total_num_lines": 8,
    "total_percent_covered": 50,
    "src_stats": {
        "backend/repositories/sales/leads.py": {"violation_lines": [9, 3, 4, 5]},
        "backend/core/security.py": {"violation_lines": []},
    },
}


def lines(files: Files = FILES, change: Change = CHANGE) -> list[str]:
    return list(report(files, {"backend/core/security.py"}, change, gate=80))


def test_the_first_figures_are_those_that_the_gates_count() -> None:
    assert "| Everything | 92.9 % of 28 | 50.0 % of 2 | **90.00 %** | 80 % |" in lines()
    assert (
        "| Critical paths (1 files) | 100.0 % of 6 | 100.0 % of 0 | **100.00 %** | 100 % |"
        in lines()
    )
    assert "| This change | 50 % of 8 |  | **50 %** | 95 % |" in lines()


def test_what_of_a_change_has_not_run_is_named_by_line() -> None:
    named = [line for line in lines() if line.startswith("- ")]

    assert named == ["- `backend/repositories/sales/leads.py`: 3-5, 9"]


def test_a_change_of_nothing_that_is_measured_says_so() -> None:
    assert "No line that is measured has changed." in lines(change=NOTHING)


def test_each_file_counts_in_its_layer_and_its_area() -> None:
    rows = {line.split(" | ")[0]: line for line in lines()}

    assert rows["| sales"] == "| sales | 90.0 |  | 100.0 | 50.0 |  |  |  | 87.5 |"
    assert rows["| other"] == "| other |  |  |  |  |  |  | 100.0 | 100.0 |"
    assert rows["| all"] == "| all | 90.0 |  | 100.0 | 50.0 |  |  | 100.0 | 90.0 |"


def test_the_files_with_most_to_do_come_first_and_those_with_nothing_not_at_all() -> None:
    start = lines().index("| File | Not run | Covered |")

    assert lines()[start + 2 : -1] == [
        "| `backend/repositories/sales/leads.py` | 2 | 50.0 % |",
        "| `backend/api/v1/sales/leads.py` | 1 | 90.0 % |",
    ]
