"""What a person can ask for, one file per family; a command's fields are its command-line options and its form."""
