"""A shorter path from a request to its route than FastAPI's own, with the same responses.

FastAPI tries its routers one after the other and walks the tree of a route's dependencies for each
request. Here a route is found by one look-up (`index`), its dependencies are a list of calls that
is made once (`planning`) and run for each request (`plans`), and rows are written as JSON without
being validated again (`answers`).

Only requests that are plainly valid are completed here. All others start again in FastAPI, before
anything was changed, so that every refusal is FastAPI's own; and routes that use more features of
FastAPI than a plan supports are left to it.
"""
