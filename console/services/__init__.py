"""The shared layer that screens and verbs stand on alike."""
