# The range of the numbers that a network was trained on, as in nnref/common/seen_range.py.

cdef enum:
    FEWEST_EXAMPLES = 100
    POINT = 2

cdef double BEYOND = 0.5, SHORT = 0.1


cdef struct SeenRange:
    double examples
    double low
    double high
    double highest_low
    double lowest_high


cdef void widened(SeenRange *seen, const real *example, Py_ssize_t count) noexcept nogil:
    """Widen the range by one more example."""
    cdef double low, high
    find_lowest_and_highest(example, count, &low, &high)
    seen.examples += 1
    seen.low, seen.high = min(seen.low, low), max(seen.high, high)
    seen.highest_low = max(seen.highest_low, low)
    seen.lowest_high = min(seen.lowest_high, high)


cdef bint is_like(const SeenRange *seen, const real *example, Py_ssize_t count) noexcept nogil:
    """Return whether an example is within the range of those before, and spans as much of it."""
    cdef double low, high, width
    if seen.examples < FEWEST_EXAMPLES:
        return True
    find_lowest_and_highest(example, count, &low, &high)
    width = seen.high - seen.low
    return low > high or (
        seen.low - BEYOND * width <= low
        and high <= seen.high + BEYOND * width
        and (count <= POINT or (
            low <= seen.highest_low + SHORT * width
            and seen.lowest_high - SHORT * width <= high
        ))
    )
