"""What this product is called. `mvp init` sets it, here and where no code can read it."""

NAME = "MVP Backend"
PACKAGE = "mvp-backend"
"""The name of the distribution; also the usual issuer and audience of access tokens."""
MAIL_SENDER = "MVP <no-reply@example.com>"
KEY_PREFIX = "mvp_"
"""What every API key begins with, by which people and scanners recognise one."""
DESCRIPTION = """\
Customers, leads, products, tasks and files of a small business, on a base of users, sessions and
permissions."""
"""What the OpenAPI document says of it."""
