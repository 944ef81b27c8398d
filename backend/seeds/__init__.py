"""Defaults and development data. Seeders add missing rows and change no existing ones."""
