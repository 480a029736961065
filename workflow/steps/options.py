"""Options that several verbs have."""

from pathlib import Path
from typing import Final

import click

from workflow.project import FILE_NAME

project_option: Final = click.option(
    "--project",
    type=click.Path(path_type=Path),  # what it has to hold is said by `load_project`
    default=Path(),
    show_default=True,
    metavar="FOLDER",
    help=f"The team's project, a folder with {FILE_NAME}, as examples/digits/project.",
)
