"""The stream in which a provider answers, read with care.

Servers that speak OpenAI's protocol differ in how they end an answer, count tokens, cut calls of
tools into pieces and tell thoughts. What leaves this package is the same for all of them.
"""
