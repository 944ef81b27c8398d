"""The entry of `mvp`, and of `python -m backend`."""

import gc


def main() -> None:
    # Loading makes half a million objects and no garbage, which to look for takes a fifth of the
    # time. Nor is there any point in looking at them again later.
    gc.disable()
    from backend.cli import main as run  # noqa: PLC0415  # not before this

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
