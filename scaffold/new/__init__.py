"""`mvp new`: what grows."""
