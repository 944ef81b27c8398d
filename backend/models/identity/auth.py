"""Requests and responses of signing in; none of them is a table."""

from typing import Literal

from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import GivenPassword, Password, Text


class Tokens(Output):
    """The response to a sign-in, as OAuth 2.0 defines it (RFC 6749, section 5.1)."""

    model_config = example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature",
            "refresh_token": "Zx0lDOaq3nJ1vWk8rT5uYbC2mE7gHiPs",
            "token_type": "bearer",
            "expires_in": 900,
        },
        base=Output,
    )

    access_token: str
    refresh_token: str = Field(description="Opaque; exchange it once at `/auth/refresh`.")
    token_type: str = "bearer"
    expires_in: int = Field(description="Seconds until the access token expires.")


class SignIn(SQLModel):
    """The form of the OAuth 2.0 password flow (RFC 6749, section 4.3.2).

    Clients may send more, such as `scope` or `client_id`; it is ignored.
    """

    model_config = example(
        {"username": "admin@example.com", "password": "development-only"}, base=SQLModel
    )

    username: Text = Field(max_length=254, description="The e-mail address.")
    password: GivenPassword
    grant_type: Literal["password"] = "password"


class TokenRefresh(Input):
    model_config = example({"refresh_token": "Zx0lDOaq3nJ1vWk8rT5uYbC2mE7gHiPs"})

    refresh_token: Text = Field(max_length=200)


class PasswordChange(Input):
    model_config = example(
        {"current_password": "development-only", "new_password": "correct horse battery staple"}
    )

    current_password: GivenPassword
    new_password: Password
