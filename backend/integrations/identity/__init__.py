"""The providers with whom people sign in."""
