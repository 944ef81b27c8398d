from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_critical_path_is_a_file_and_listed_once() -> None:
    listed = (ROOT / "tests/critical_paths.txt").read_text().splitlines()

    assert listed == sorted(set(listed))
    assert [each for each in listed if not (ROOT / each).is_file()] == []
