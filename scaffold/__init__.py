"""Makes a clone of this project one's own: starts it, adds to it and takes things out of it.

Beside the program and not part of it: neither the wheel nor the image has it.
"""
