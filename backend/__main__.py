"""The entry of `mvp`, and of `python -m backend`."""

from backend.core.garbage import without_collection


def main() -> None:
    with without_collection():
        from backend.cli import main as run  # noqa: PLC0415  # not before this

    run()


if __name__ == "__main__":
    main()
