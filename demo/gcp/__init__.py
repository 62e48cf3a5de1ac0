"""A local Google Cloud to try Sexton in and to test against, held to Google's own discovery documents."""
