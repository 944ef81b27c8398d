"""A short way from a request to its route, beside FastAPI's own, with the same answers.

FastAPI tries its routers one after the other and walks the tree of a route's dependencies, for each
request. Here a route is found by one look (`index`), its dependencies are a list of calls that was
made once (`plans`), and rows are written as JSON without being validated again (`answers`).

Only what is plainly right goes this way to its end. Everything else starts again on FastAPI's way,
before anything was changed, so that every refusal is FastAPI's own; and routes that use more of
FastAPI than a plan knows are FastAPI's altogether.
"""
