"""Figures beside our peers', measured in one run on one machine. `make bench` prints them; nothing here is a test."""
