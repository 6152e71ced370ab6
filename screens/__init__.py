"""What a person sees: thin screens over commands; each asks one question and shows its answer."""
