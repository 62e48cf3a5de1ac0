"""The hands: everything that talks to the world. It never decides who deserves to go; `engine` does."""
