"""`wherever completion`: what a shell needs to complete the command's words."""

from __future__ import annotations

import argparse

HELP = "Print the completion script for a shell."

EPILOG = """\
to use it:
  bash   echo 'eval "$(wherever completion bash)"' >> ~/.bashrc
  zsh    wherever completion zsh > "${fpath[1]}/_wherever"
  fish   wherever completion fish > ~/.config/fish/completions/wherever.fish"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def main(args: argparse.Namespace) -> int:
    """Print the script, made from the same tables as the parser."""
    from wherever.cli import shells

    print(getattr(shells, args.shell)(shells.words()), end="")
    return 0


SHELLS = ("bash", "zsh", "fish")
