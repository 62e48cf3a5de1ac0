"""HTTP: the API, metrics, Slack's buttons and a front page. Every route is a Door that says who may use it."""
