"""Names of devices, as people know them. The only file that knows ua-parser.

It is loaded with the first device.
"""

_NAMELESS = "a program that does not identify itself"
_LONGEST = 60


def device_name(user_agent: str | None) -> str:
    """Return such as `Firefox on Linux`; the beginning of what does not say what it is."""
    from ua_parser import parse  # noqa: PLC0415  # see above

    if not user_agent:
        return _NAMELESS
    known = parse(user_agent)
    program = known.user_agent.family if known.user_agent else None
    system = known.os.family if known.os else None
    return " on ".join(filter(None, (program, system))) or _readable(user_agent)


def _readable(user_agent: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in user_agent)
    return printable[:_LONGEST].strip() or _NAMELESS
