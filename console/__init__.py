"""The headless half: commands, services and the one gate; no file in here imports a screen library."""
