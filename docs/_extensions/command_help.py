"""The directive ``command-help``: what the commands of ``nnfast`` say of themselves."""

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnfast.cli import cli

WIDTH = 78


class CommandHelp(SphinxDirective):
    """The program's help, then a section for each command."""

    def run(self) -> list[nodes.Node]:
        """Return the help texts as a terminal shows them."""
        sections: list[nodes.Node] = [help_block(cli, "nnfast")]
        for name, command in cli.commands.items():
            section = nodes.section("", nodes.title(name, name), ids=[nodes.make_id(name)])
            section += help_block(command, f"nnfast {name}")
            sections.append(section)
        return sections


def help_block(command: click.Command, name: str) -> nodes.literal_block:
    """Return a command's help as a block of text."""
    context = command.context_class(
        command, info_name=name, terminal_width=WIDTH, **cli.context_settings
    )
    text = command.get_help(context)
    return nodes.literal_block(text, text, language="none")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
