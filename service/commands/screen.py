"""What the commands show to people: on a terminal tables and progress, in a pipe plain lines."""

import sys

import typer


def shown(text: str) -> str:
    """One line that cannot control the terminal: titles and file names come from strangers."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def on_terminal() -> bool:
    return sys.stdout.isatty()


def say(text: str) -> None:
    """A line for people, on standard error: standard output is for results."""
    typer.echo(text, err=True)
