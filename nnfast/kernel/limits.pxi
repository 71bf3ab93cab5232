# What no network can be faster than, for the benchmarks.

cdef extern from *:
    """
    #if REGISTER >= 64
    #define CHAINS 24
    #else
    #define CHAINS 12
    #endif

    /* As many chains of multiplications and additions as registers hold, with a few to spare. */
    static real multiply_and_add(ptrdiff_t times, real factor) {
        real lanes[LANES], total = 0;
        numbers sums[CHAINS];
        for (int n = 0; n < CHAINS; n++)
            sums[n] = (numbers){0} + (real) n;
        for (ptrdiff_t i = 0; i < times; i++)
            for (int n = 0; n < CHAINS; n++)
                sums[n] = sums[n] * factor + factor;
        for (int n = 0; n < CHAINS; n++) {
            memcpy(lanes, &sums[n], sizeof lanes);
            for (int lane = 0; lane < LANES; lane++)
                total = total + lanes[lane];
        }
        return total;
    }
    """
    enum:
        CHAINS
    real multiply_and_add(Py_ssize_t times, real factor) noexcept nogil


def move_all(real[::1] values, double step, Py_ssize_t times):
    """Add the step to every number, as often as asked: the least an update of weights can cost."""
    cdef Py_ssize_t i, size = values.shape[0]
    cdef real move = <real> step
    cdef unaliased numbers = &values[0]
    with nogil:
        for _ in range(times):
            for i in range(size):
                numbers[i] = numbers[i] + move
            forget()


def multiply_on_registers(Py_ssize_t terms):
    """Multiply and add on registers alone, as a product of this many terms at the least must.

    Returns a number that depends on each of them.
    """
    cdef real total
    with nogil:
        total = multiply_and_add(terms // (CHAINS * LANES), 0.5)
    return total
