"""The shapes of what commands print as data: written once, here. The type checker holds the code to them, schemas are made of them."""
