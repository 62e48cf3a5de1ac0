"""A local AWS to try Sexton in and to test against: moto behind a door of ours."""
