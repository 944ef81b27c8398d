"""A tolerant reader of streamed responses.

Servers that speak OpenAI's protocol differ in how they end a response, count tokens, split tool
calls and mark thoughts. The output of this package is the same for all of them.
"""
