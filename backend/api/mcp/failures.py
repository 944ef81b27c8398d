"""What programs are told of errors: the reason if they can act on it, and otherwise nothing."""

from typing import Any

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError
from starlette.requests import Request

from backend.api.domain_problems import problem_of_error
from backend.core.errors import DomainError
from backend.core.logging import get_logger

_log = get_logger(__name__)


async def tell_failures(
    ctx: ServerRequestContext[Any, Request], call_next: CallNext
) -> HandlerResult:
    """The library would tell older clients the text of any exception, statements and all.

    Raises MCPError.
    """
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):  # the library has words for them
        raise
    except DomainError as error:
        raise _failure(types.INVALID_REQUEST, ctx, error) from error
    except Exception as error:  # whatever it is: the log gets all details, the caller none
        _log.exception("unexpected_error", method=ctx.method)
        raise _failure(types.INTERNAL_ERROR, ctx, error) from error


def _failure(code: int, context: ServerRequestContext[Any, Request], error: Exception) -> MCPError:
    if context.request is None:
        raise RuntimeError("a message came by no request")
    problem = problem_of_error(context.request, error)
    return MCPError(code, problem.detail, {"request_id": problem.request_id})
