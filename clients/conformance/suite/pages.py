# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Header fields that allow pages of other origins to use the servers of the suite, like a listed origin."""

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
    """A signal handler of aiohttp, because streams and WebSockets send their header fields before the handler returns."""
    response.headers.update(page_fields(request))


def page_fields(request: web.Request) -> dict[str, str]:
    origin = request.headers.get("Origin")
    return {**FIELDS, "Access-Control-Allow-Origin": origin} if origin else {}
