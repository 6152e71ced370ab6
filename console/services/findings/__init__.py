"""What is wrong with the estate: one small pure function per rule, and the round that applies them all."""
