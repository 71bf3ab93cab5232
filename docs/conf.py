"""How the documentation is built: ``sphinx-build -W --keep-going docs docs/_build/html``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from repository import source_link

from nnref import __version__

project = "nnfast"
author = "The nnfast developers"
project_copyright = f"2026, {author}"
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinx_copybutton",
    "sphinx_design",
    "command_help",
    "live_page",
    "mathml",
    "notebooks",
    "repository",
    "side_by_side",
]
exclude_patterns = ["_build", "examples/README.md"]

# Markdown. Headings can be linked to as on the hosts of repositories: page.md#heading.
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

# The notebooks run again in every build, and one that fails or warns fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True
nb_output_stderr = "warn"

# What is on the site from outside this folder, see _extensions/repository.py.
repository_pages = {"examples": "examples", "bench/README.md": "bench.md"}
repository_sources = [
    "nnref/**/*.py",
    "nnfast/**/*.py",
    "nnfast/**/*.pxi",
    "nnfast/**/*.pyx",
    "nnfast/**/*.h",
    "nnfast/**/*.js",
    "bench/**/*.py",
    "bench/**/*.pyx",
    "examples/**/*.py",
    "tests/*.py",
    "tests/records/*.json",
    "tools/**/*.py",
]

# The API, from the docstrings. In them `single` marks what can be linked to.
default_role = "py:obj"
autodoc_typehints = "none"
numpydoc_show_class_members = False
linkcode_resolve = source_link

toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "nnfast"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"formulas": []}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    # The page of two columns of code has no room for others.
    "secondary_sidebar_items": {"**": ["page-toc"], "formulas": []},
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
