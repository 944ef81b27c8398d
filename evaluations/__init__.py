"""Whether the agent does what people ask of it: see docs/develop/evaluations.md."""
