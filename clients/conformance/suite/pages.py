# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What lets pages of other origins talk to the suite's own servers, as the real server lets those that are listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FIELDS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Accept, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Prefer"
    ),
    "Access-Control-Expose-Headers": "ETag, Location, Preference-Applied, Retry-After",
}


@web.middleware
async def allow_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return web.Response(status=204, headers=page_fields(request))
    return await handler(request)


async def add_fields(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of aiohttp: streams and WebSockets have their fields before the handler returns."""
    response.headers.update(page_fields(request))


def page_fields(request: web.Request) -> dict[str, str]:
    origin = request.headers.get("Origin")
    return {**FIELDS, "Access-Control-Allow-Origin": origin} if origin else {}
