"""The command line. A command is a file: `nas_core/cli/<name>.py` with one click command called `command`.

A name that is a Python keyword gets a trailing _.

Exit status: 0 done, 1 failed, 2 bad arguments, 130 interrupted. Errors are one sentence on stderr.
Files that begin with _ hold what commands share.
"""

from __future__ import annotations

import importlib
import keyword
import pkgutil
import sys
from typing import Any, NoReturn

import click

import nas_core
from nas_core import packages
from nas_core.cli._output import use_plain_letters


class Interrupted(click.ClickException):
    """Stopped by the user; the message says how to go on."""

    exit_code = 130


class Commands(click.Group):
    """The commands of this folder, each imported only when it is called, and one place for all errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name.rstrip("_") for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = cmd_name + "_" * keyword.iskeyword(cmd_name)
        return importlib.import_module(f"{__name__}.{module}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            names = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"no command named {args[0]!r}; there are: {names}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run a command line and exit.

        ValueError means a bad argument; RuntimeError and OSError mean that something failed.
        """
        kwargs["standalone_mode"] = False
        use_plain_letters()
        try:
            with packages.import_guard():
                status = super().main(*args, **kwargs)
            sys.exit(status)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            where = f" See: {error.ctx.command_path} --help" if error.ctx else ""
            _fail(f"{error.format_message().rstrip('.')}.{where}", error.exit_code)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            _fail("interrupted", Interrupted.exit_code)
        except ValueError as error:
            _fail(str(error), click.UsageError.exit_code)
        except OSError as error:
            _fail(_os_error(error), 1)
        except RuntimeError as error:
            _fail(str(error), 1)


def _fail(sentence: str, status: int) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(status)


def _os_error(error: OSError) -> str:
    if error.strerror is None:  # raised by this project, already a sentence
        return str(error)
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(nas_core.__version__, package_name="nas-explorer", message="NAS Explorer %(version)s")
def commands() -> None:
    """Search, look up and train network architectures without the app."""
