# How well a network answers, as in nnref/scores.py.


cdef double r_squared(
    const real *outputs, const real *targets, Py_ssize_t rows, Py_ssize_t width
) noexcept nogil:
    """Return 1 minus the squared errors over the targets' squared distances from their means."""
    cdef Py_ssize_t column, row, at
    cdef double missed = 0.0, spread = 0.0, total, mean, error, distance
    for column in range(width):
        total = 0.0
        for row in range(rows):
            total = total + targets[row * width + column]
        mean = total / rows
        for row in range(rows):
            at = row * width + column
            error = targets[at] - outputs[at]
            distance = targets[at] - mean
            missed = missed + error * error
            spread = spread + distance * distance
    if spread == 0.0:
        return 1.0 if missed == 0.0 else 0.0
    return 1.0 - missed / spread


cdef Py_ssize_t largest(const real *values, Py_ssize_t width) noexcept nogil:
    """Return where the largest value stands, the first of equals."""
    cdef Py_ssize_t place, best = 0
    for place in range(width):
        if values[place] > values[best]:
            best = place
    return best


cdef bint are_classes(
    const real *targets, Py_ssize_t rows, Py_ssize_t width, double threshold
) noexcept nogil:
    """Return whether each row of several targets has exactly one above a threshold."""
    cdef Py_ssize_t row, column, above
    for row in range(rows):
        above = 0
        for column in range(width):
            above += targets[row * width + column] > threshold
        if above != 1:
            return False
    return width > 1


cdef bint on_same_sides(
    const real *outputs, const real *targets, Py_ssize_t width, double threshold
) noexcept nogil:
    """Return whether each output is on its target's side of a threshold."""
    cdef Py_ssize_t column
    for column in range(width):
        if (outputs[column] > threshold) != (targets[column] > threshold):
            return False
    return True


cdef double score(
    int activation, const real *outputs, const real *targets, Py_ssize_t rows, Py_ssize_t width
) noexcept nogil:
    """Return the score of outputs against targets, (rows, width) both; 1.0 is the best."""
    cdef double threshold = 0.0 if activation == TANH else 0.5
    cdef bint classes
    cdef Py_ssize_t row, at, right = 0
    if activation == IDENTITY or activation == EXPONENTIAL:
        return r_squared(outputs, targets, rows, width)
    classes = are_classes(targets, rows, width, threshold)
    for row in range(rows):
        at = row * width
        if classes:
            right += largest(outputs + at, width) == largest(targets + at, width)
        else:
            right += on_same_sides(outputs + at, targets + at, width, threshold)
    return (<double> right) / rows
