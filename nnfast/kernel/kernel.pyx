"""The loops over a network's numbers: query, train, fit, back query.

The contract: the results are those of ``nnref``, bit for bit. So every sum starts from 0.0 (or from
a bias) and takes its terms in index order, with one multiplication and one addition per term, and
every formula keeps the oracle's operations in the oracle's order. What is free is which neurons are
worked on at once: the inner loops run over the neurons of a layer, whose weights for one input lie
side by side, and a vector register takes as many of them as fit without touching the order of any
sum.

The kernel knows arrays of numbers and nothing else. It checks their shapes and its own codes, since
it follows pointers. It keeps no generator, prints nothing and knows no epochs.

No loop over examples, neurons or weights holds the GIL. It is held while memory is set up, while
the numbers of one example are copied, and for a look at Ctrl-C in a large batch.
"""

include "declarations.pxi"

# Each of these says what the file of this name in nnref says, under the same names; network.pxi has
# the structs that they work on.
include "functions.pxi"
include "neurons.pxi"
include "network.pxi"
include "dropout.pxi"
include "article.pxi"
include "updates.pxi"
include "backquery.pxi"
include "scores.pxi"
include "seen_range.pxi"

# The article over many examples: in batches, or one by one (in float32 in blocks), each call by one
# or more threads.
include "batches.pxi"
include "online.pxi"
include "blocked.pxi"
include "calls.pxi"
include "checks.pxi"
include "memory.pxi"
include "engine.pxi"
include "limits.pxi"
