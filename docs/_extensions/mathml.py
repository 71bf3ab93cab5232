"""Formulas as MathML, which browsers show by themselves: no script, nothing to load.

Docutils turns TeX into MathML; Sphinx only has to be told to use it.
"""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    translator.body.append(as_mathml(node))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    formula = as_mathml(node, as_block=True)
    translator.body.append(translator.starttag(node, "div", formula, CLASS="formula") + "</div>\n")
    raise nodes.SkipNode


def as_mathml(node: nodes.Element, as_block: bool = False) -> str:
    """Return a formula's MathML, or warn of what is not understood."""
    try:
        return str(tex2mathml(node.astext(), as_block=as_block))
    except MathError as error:
        logger.warning("formula: %s", error, location=node)
        return ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
