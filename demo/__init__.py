"""A small world to try Sexton in and to test against: doubles of AWS, GCP and Slack, an estate and a story."""
