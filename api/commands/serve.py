"""`sexton serve`: the loop with its API and metrics."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.pass_obj
def command(settings_file: Path | None) -> None:
    """Run the loop with its API and metrics, until it is told to end. The first start writes a token to .sexton/token."""
    from api import logs
    from api.http.app import create_app
    from api.http.house import house_of
    from api.serving import first_token, listen, serve
    from api.settings import load
    from api.wiring import open_the_ledger, the_buttons, the_identity, the_pipelines, the_service
    from reapers.clock import SystemClock

    settings = load(settings_file)
    logs.start()
    clock = SystemClock()
    with listen(settings.serve.host, settings.serve.port) as sock, open_the_ledger(settings) as ledger:
        service = the_service(settings, ledger, clock)
        app = create_app(house_of(service, the_buttons(settings, clock), the_pipelines(settings), the_identity(settings)))
        first_token(ledger, clock)
        host, port = sock.getsockname()[:2]
        click.echo(f"Sexton serves http://{host}:{port}, mode {settings.mode}. Ctrl-C ends it.", err=True)
        serve(app, service, sock)
