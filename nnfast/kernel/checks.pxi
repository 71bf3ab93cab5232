# What is asked of numbers and shapes before a loop follows a pointer.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t
from libc.string cimport memcpy, strcmp

from numpy import ndarray


cdef check_length(str name, Py_ssize_t got, Py_ssize_t wanted):
    if got != wanted:
        raise ValueError(f"{name}: got {got}, wants {wanted}")


cdef check_range(str name, Py_ssize_t low, Py_ssize_t got, Py_ssize_t high):
    if not low <= got <= high:
        raise ValueError(f"{name}: got {got}, wants {low} to {high}")


cdef check_positive(str name, Py_ssize_t got):
    if got < 1:
        raise ValueError(f"{name}: got {got}, wants at least 1")


cdef Py_ssize_t first_outside(
    const int64_t *places, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t size
) noexcept nogil:
    """Return where the first of places[start:stop] is that is not from 0 to size - 1, or -1."""
    cdef Py_ssize_t at
    for at in range(start, stop):
        if not 0 <= places[at] < size:
            return at
    return -1


cdef bint within(const real *values, Py_ssize_t count, double low, double high) noexcept nogil:
    """Return whether all values are from low to high; NaN is not."""
    cdef Py_ssize_t i
    cdef bint all_are = True
    for i in range(count):
        all_are = all_are & (values[i] >= low) & (values[i] <= high)
    return all_are


def all_within(const real[:, ::1] values, double low, double high):
    """Return whether all numbers are from low to high, making no second array as NumPy would."""
    cdef bint all_are = True
    if values.shape[0] > 0 and values.shape[1] > 0:
        with nogil:
            all_are = within(&values[0, 0], values.shape[0] * values.shape[1], low, high)
    return all_are


cdef bint copied(array, real *to, Py_ssize_t size) except -1:
    """Copy the numbers of a contiguous native array of this build's type and of shape (size,).

    For anything else it copies nothing and returns False; it never raises, since it is asked of
    whatever a caller passes. A typed memoryview would take several times as long.
    """
    cdef Py_buffer view
    cdef bint fits
    # No subclass: a masked array does not mean all of its numbers.
    if type(array) is not ndarray:
        return False
    try:
        PyObject_GetBuffer(array, &view, PyBUF_ND | PyBUF_FORMAT)
    except (BufferError, ValueError):
        return False
    fits = view.ndim == 1 and view.shape[0] == size and strcmp(view.format, REAL_FORMAT) == 0
    if fits:
        memcpy(to, view.buf, size * sizeof(real))
    PyBuffer_Release(&view)
    return fits
