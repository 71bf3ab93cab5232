# The score whose sums have an order, as in nnref/scores.py; the others only count.


def r_squared(const real[:, ::1] outputs, const real[:, ::1] targets):
    """Return 1 minus the squared errors over the targets' squared distances from their means."""
    cdef Py_ssize_t example, column
    cdef double missed = 0.0, spread = 0.0, total, mean, error, distance
    check_length("rows of outputs", outputs.shape[0], targets.shape[0])
    check_length("columns of outputs", outputs.shape[1], targets.shape[1])
    with nogil:
        for column in range(targets.shape[1]):
            total = 0.0
            for example in range(targets.shape[0]):
                total = total + targets[example, column]
            mean = total / targets.shape[0]
            for example in range(targets.shape[0]):
                error = targets[example, column] - outputs[example, column]
                distance = targets[example, column] - mean
                missed = missed + error * error
                spread = spread + distance * distance
    if spread == 0.0:
        return 1.0 if missed == 0.0 else 0.0
    return 1.0 - missed / spread
