"""The brain: pure functions over values. No file, socket, database, SDK or clock; `now` is an argument."""
