"""E-mail: what is sent, composed and delivered."""
