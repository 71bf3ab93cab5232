# What all parts take from C: the type of the numbers and the loops on vector registers (lanes.h,
# overlaps.h), and the threads that share a network (team.h).

cdef extern from "lanes.h":
    ctypedef double real        # or float, in the builds for float32
    const double LARGEST        # the largest finite real
    const real SMALLEST         # the smallest one above 0
    const char *REAL_FORMAT     # what a buffer calls this type

    # Numbers that no other pointer in the same function leads to.
    ctypedef real *unaliased
    ctypedef const real *const_unaliased

    enum:
        LANES           # numbers in a register
        ROWS            # examples, or rows of weights, worked on at once
        WIDE            # registers of neurons worked on at once, where their weights also move
        CACHE_LINE      # bytes
    void add_weighted(
        const real *inputs, const real *weights, Py_ssize_t row, real *sums, Py_ssize_t fan_in,
        Py_ssize_t width,
    ) noexcept nogil
    void move_and_add_weighted(
        real *weights, Py_ssize_t row, const real *old_inputs, const real *steps,
        const real *inputs, const real *start, real *sums, Py_ssize_t fan_in, Py_ssize_t width,
        bint reverse,
    ) noexcept nogil
    void add_product(
        const real *a, Py_ssize_t a_row, Py_ssize_t a_step, const real *b, Py_ssize_t b_step,
        real *c, Py_ssize_t c_row, Py_ssize_t rows, Py_ssize_t terms, Py_ssize_t width,
    ) noexcept nogil
    void find_lowest_and_highest(
        const real *values, Py_ssize_t count, double *lowest, double *highest
    ) noexcept nogil
    void forget() noexcept nogil    # keeps a compiler from merging two passes over memory

cdef extern from "overlaps.h":
    void find_inner_products(
        const real *rows, Py_ssize_t row, Py_ssize_t count, real *products, Py_ssize_t products_row,
    ) noexcept nogil

cdef extern from "team.h":
    ctypedef struct Team:
        long size
        bint stopped
    long start_team(
        Team *team, long size, void (*work)(void *) noexcept nogil, char *members, size_t bytes
    ) noexcept nogil
    void begin(Team *team, long size) noexcept nogil
    void wait_for_begin(Team *team) noexcept nogil
    void wait_at_barrier(Team *team) noexcept nogil
    void finish(Team *team) noexcept nogil
    void wait_for_end(Team *team) noexcept nogil
