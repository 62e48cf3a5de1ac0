"""The doors: command line, HTTP, metrics. They ask the engine and the reapers, and decide nothing themselves."""

VERSION = "0.1.0"
"""A constant: asking the installation costs more than all of `sexton --version`. A test compares it to pyproject.toml."""
