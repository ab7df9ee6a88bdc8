"""`rollcall completion`: what teaches a shell to complete commands, options and sources."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="""\b
Examples:
  source <(rollcall completion bash)
  source <(rollcall completion zsh)
  rollcall completion fish > ~/.config/fish/completions/rollcall.fish"""
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what teaches a shell to complete.

    The script lets SHELL complete commands, options and sources. With --region the sources that are stored on AWS are
    not looked up, so that the tab key answers at once.
    """
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(complete(ctx.find_root().command, {}, "rollcall", "_ROLLCALL_COMPLETE").source())
