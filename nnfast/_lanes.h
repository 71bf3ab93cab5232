/* What the kernel says in C: the type of its numbers, and its inner loops on vector registers.

   A `lanes` holds the numbers of several neurons side by side. Arithmetic on it is the same
   operation on each of them, so no sum is ever split, and the width of a register changes no bit.

   The loops are here and not in _kernel.pyx because they must be inlined wherever they are called:
   only for a number of rows and columns that the compiler knows does it give every sum a register
   of its own. */

#ifndef NNFAST_LANES_H
#define NNFAST_LANES_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "nnfast needs a compiler that computes in float64 where the source says double"
#endif
#if defined(__FAST_MATH__)
#error "nnfast must not be built with -ffast-math: its results are defined to the last bit"
#endif

#if defined(NNFAST_FLOAT32)
typedef float real;
#define REAL_BYTES 4
#else
typedef double real;
#define REAL_BYTES 8
#if defined(_MSC_VER)
#pragma fp_contract(off)
#endif
#endif

/* Numbers that no other pointer in the same function leads to: without this promise a compiler must
   check for overlap before it may work on several numbers at once. */
#if defined(_MSC_VER)
typedef real *__restrict vector;
#else
typedef real *restrict vector;
#endif

#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* How many registers hold sums: in a tile for many examples, ROWS examples by COLUMNS registers of
   neurons; online, where a register of steps goes with each, WIDE registers of neurons. */
#if defined(__AVX512F__)
#define REGISTER_BYTES 64
#define ROWS 8
#define COLUMNS 3
#define WIDE 9
#elif defined(__AVX__)
#define REGISTER_BYTES 32
#define ROWS 4
#define COLUMNS 3
#define WIDE 6
#elif defined(__GNUC__)
#define REGISTER_BYTES 16
#define ROWS 4
#define COLUMNS 3
#define WIDE 6
#else
/* A compiler without such types. */
#define REGISTER_BYTES REAL_BYTES
#define ROWS 4
#define COLUMNS 3
#define WIDE 6
#endif
#define LANES (REGISTER_BYTES / REAL_BYTES)
#define CACHE_LINE 64

#if defined(__GNUC__)
typedef real lanes __attribute__((vector_size(REGISTER_BYTES)));
#else
typedef real lanes;
#endif

INLINED lanes load(const real *from) {
    lanes loaded;
    memcpy(&loaded, from, sizeof(lanes));
    return loaded;
}

INLINED void store(real *to, lanes stored) { memcpy(to, &stored, sizeof(lanes)); }

/* The same for the first numbers of a register only, where a layer ends within it. */
#if defined(__AVX512F__)
#include <immintrin.h>
#if defined(NNFAST_FLOAT32)
#define LOAD_MASKED(mask, from) _mm512_maskz_loadu_ps((__mmask16) (mask), from)
#define STORE_MASKED(to, mask, stored) _mm512_mask_storeu_ps(to, (__mmask16) (mask), stored)
#else
#define LOAD_MASKED(mask, from) _mm512_maskz_loadu_pd((__mmask8) (mask), from)
#define STORE_MASKED(to, mask, stored) _mm512_mask_storeu_pd(to, (__mmask8) (mask), stored)
#endif
INLINED lanes load_part(const real *from, ptrdiff_t count) {
    return LOAD_MASKED((1u << count) - 1u, from);
}

INLINED void store_part(real *to, lanes stored, ptrdiff_t count) {
    STORE_MASKED(to, (1u << count) - 1u, stored);
}
#else
INLINED lanes load_part(const real *from, ptrdiff_t count) {
    real numbers[LANES] = {0};
    for (ptrdiff_t i = 0; i < count; i++)
        numbers[i] = from[i];
    return load(numbers);
}

INLINED void store_part(real *to, lanes stored, ptrdiff_t count) {
    real numbers[LANES];
    store(numbers, stored);
    for (ptrdiff_t i = 0; i < count; i++)
        to[i] = numbers[i];
}
#endif

/* One register out of a row of `columns`, of which the last has only `part` numbers, if not 0. */
INLINED lanes load_column(const real *row, ptrdiff_t t, ptrdiff_t columns, ptrdiff_t part) {
    return part && t == columns - 1 ? load_part(row + t * LANES, part) : load(row + t * LANES);
}

INLINED void store_column(
    real *row, lanes stored, ptrdiff_t t, ptrdiff_t columns, ptrdiff_t part
) {
    if (part && t == columns - 1)
        store_part(row + t * LANES, stored, part);
    else
        store(row + t * LANES, stored);
}

/* c[r][j] += sum over k of a[r][k] * b[k][j], in the order of k, for rows r by columns of j. */
INLINED void add_tile(
    const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step,
    real *c, ptrdiff_t c_row, ptrdiff_t terms, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t part
) {
    lanes sums[ROWS][WIDE], b_terms[WIDE];
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t t = 0; t < columns; t++)
            sums[r][t] = load_column(c + r * c_row, t, columns, part);
    for (ptrdiff_t k = 0; k < terms; k++) {
        for (ptrdiff_t t = 0; t < columns; t++)
            b_terms[t] = load_column(b + k * b_step, t, columns, part);
        for (ptrdiff_t r = 0; r < rows; r++) {
            real x = a[r * a_row + k * a_step];
            for (ptrdiff_t t = 0; t < columns; t++)
                sums[r][t] = sums[r][t] + x * b_terms[t];
        }
    }
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t t = 0; t < columns; t++)
            store_column(c + r * c_row, sums[r][t], t, columns, part);
}

/* add_tile for ROWS rows, and for a number of columns from 1 to COLUMNS that only the caller knows. */
static void add_rows(
    const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step,
    real *c, ptrdiff_t c_row, ptrdiff_t terms, ptrdiff_t columns, ptrdiff_t part
) {
#define TILE(n)                                                                                   \
    case n:                                                                                       \
        if (part == 0)                                                                            \
            add_tile(a, a_row, a_step, b, b_step, c, c_row, terms, ROWS, n, 0);                   \
        else                                                                                      \
            add_tile(a, a_row, a_step, b, b_step, c, c_row, terms, ROWS, n, part);                \
        break;
    switch (columns) {
        TILE(1) TILE(2) TILE(3)
    }
#undef TILE
}

/* The same for a single row, and for up to WIDE columns. */
static void add_row(
    const real *a, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c, ptrdiff_t terms,
    ptrdiff_t columns, ptrdiff_t part
) {
#define TILE(n)                                                                                   \
    case n:                                                                                       \
        if (part == 0)                                                                            \
            add_tile(a, 0, a_step, b, b_step, c, 0, terms, 1, n, 0);                              \
        else                                                                                      \
            add_tile(a, 0, a_step, b, b_step, c, 0, terms, 1, n, part);                           \
        break;
    switch (columns) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if WIDE == 9
        TILE(7) TILE(8) TILE(9)
#endif
    }
#undef TILE
}

/* weights[i][j] += old_inputs[i] * steps[j], then sums[j] += inputs[i] * weights[i][j]: each weight
   is loaded once, moved by the example before, stored, and used for the next example's sum. */
INLINED void move_and_add_tile(
    real *weights, ptrdiff_t row, const real *old_inputs, const real *steps, const real *inputs,
    real *sums, ptrdiff_t fan_in, ptrdiff_t columns, ptrdiff_t part
) {
    lanes totals[WIDE], moves[WIDE];
    for (ptrdiff_t t = 0; t < columns; t++) {
        totals[t] = load_column(sums, t, columns, part);
        moves[t] = load_column(steps, t, columns, part);
    }
    for (ptrdiff_t i = 0; i < fan_in; i++) {
        real old = old_inputs[i], x = inputs[i];
        for (ptrdiff_t t = 0; t < columns; t++) {
            lanes w = load_column(weights + i * row, t, columns, part) + old * moves[t];
            store_column(weights + i * row, w, t, columns, part);
            totals[t] = totals[t] + x * w;
        }
    }
    for (ptrdiff_t t = 0; t < columns; t++)
        store_column(sums, totals[t], t, columns, part);
}

/* move_and_add_tile for a number of columns from 1 to WIDE that only the caller knows. */
static void move_and_add_columns(
    real *weights, ptrdiff_t row, const real *old_inputs, const real *steps, const real *inputs,
    real *sums, ptrdiff_t fan_in, ptrdiff_t columns, ptrdiff_t part
) {
#define TILE(n)                                                                                   \
    case n:                                                                                       \
        if (part == 0)                                                                            \
            move_and_add_tile(weights, row, old_inputs, steps, inputs, sums, fan_in, n, 0);       \
        else                                                                                      \
            move_and_add_tile(weights, row, old_inputs, steps, inputs, sums, fan_in, n, part);    \
        break;
    switch (columns) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if WIDE == 9
        TILE(7) TILE(8) TILE(9)
#endif
    }
#undef TILE
}

#endif
