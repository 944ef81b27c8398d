"""Users, sessions, sign-in, invitations and account tokens."""
