"""`divmon completion`."""

import click


@click.command(
    epilog='bash, in ~/.bashrc: eval "$(divmon completion bash)". zsh, in ~/.zshrc: the same '
    "with zsh. fish: divmon completion fish > ~/.config/fish/completions/divmon.fish"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in SHELL."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # the three choices are click's own
    script = found(context.find_root().command, {}, "divmon", "_DIVMON_COMPLETE")
    # not source(): bash's would start a bash to ask for its version, and complain here
    click.echo(script.source_template % script.source_vars())
