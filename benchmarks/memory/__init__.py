"""What the neural engines take of memory, and how soon they are ready."""
