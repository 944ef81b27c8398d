"""Names of devices, as people know them. The only file that knows ua-parser.

It is loaded with the first device.
"""

import re

_NAMELESS = "a program that does not identify itself"
_HARMLESS = re.compile(r"[\w +()-]{1,40}")
_PRODUCT = re.compile(r"[A-Za-z][\w-]{0,29}(?=[/\s]|$)")


def device_name(user_agent: str | None) -> str:
    """Return such as `Firefox on Linux`; the first word of what does not say what it is.

    Never a link: mails about an account quote it, and whoever has got into it chooses it.
    """
    from ua_parser import parse  # noqa: PLC0415  # see above

    if not user_agent:
        return _NAMELESS
    known = parse(user_agent)
    families = (each.family for each in (known.user_agent, known.os) if each)
    # Parts of what was sent, where it is taken for the name of an app.
    name = " on ".join(family for family in families if _HARMLESS.fullmatch(family))
    if name:
        return name
    product = _PRODUCT.match(user_agent)
    return product[0] if product else _NAMELESS
