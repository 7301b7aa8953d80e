"""The command line: `colophon`, or `python -m service`."""

import sys
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand

from service import __version__
from service.commands.alias import alias
from service.commands.contracts import contracts
from service.commands.explain import explain
from service.commands.extract import extract
from service.commands.load import load
from service.commands.loads import loads
from service.commands.migrate import migrate
from service.commands.rejects import rejects
from service.commands.search import search
from service.commands.serve import serve
from service.errors import ApiError, SetupError

# Plain help: the same in a pipe as on a terminal, and it starts three times as fast.
app = typer.Typer(
    name="colophon",
    help="Which papers match these words, link this repository, mention this model?",
    epilog="Exit codes: 0 done; 1 a fault of the program; 2 wrong usage or set-up, said in one line; "
    "3 done, except for what the output lists; 130 stopped by Ctrl-C, 143 by SIGTERM (serve ends with 0).",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class _Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        # Beside an argument's name typer shows Python's type of it.
        for parameter in self.params:
            if isinstance(parameter, TyperArgument):
                vars(parameter)["display_type_rich"] = lambda ctx: None
        return super().get_help(ctx)


for command in (serve, load, loads, rejects, search, explain, extract, migrate, contracts):
    app.command(cls=_Command)(command)
for registered in alias.registered_commands:
    registered.cls = _Command
app.add_typer(alias)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"colophon {__version__}")
        raise typer.Exit


@app.callback()
def colophon(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_show_version, help="Show the version."),
) -> None:
    pass


def main() -> int:
    """Run one command and return its exit code; the commands themselves leave with typer.Exit."""
    # Names of files may hold bytes that are no text, and a terminal may know fewer characters than a title has.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except SetupError as error:
        typer.echo(f"colophon: {error}", err=True)
    except ApiError as error:
        hint = f" {error.hint}" if error.hint else ""
        typer.echo(f"colophon: {error.detail}{hint}", err=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
