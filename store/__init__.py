"""What is known of the estate, in one SQLite file: no AWS, no screen, nothing from the console."""
