"""What a request for a CMK needs on its way: checks beforehand, names, policies, letters, and what is handed over."""
