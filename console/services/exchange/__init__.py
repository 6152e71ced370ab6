"""How two parties without a shared screen share: sealed letters, and the places where they are left and fetched."""
