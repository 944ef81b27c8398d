"""Systems that are not ours, behind the Protocols that services see."""
