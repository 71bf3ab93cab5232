/* What the kernel says in C: the type of its numbers, and its inner loops on vector registers.

   A register holds the numbers of several neurons side by side. Arithmetic on it does the same to
   each of them, so no sum is ever divided, and the width of the register changes no bit.

   The loops are here and not in article.pxi because they must be inlined wherever they are called:
   a compiler gives every sum a register of its own only if it knows how many rows and columns there
   are. */

#ifndef NNFAST_LANES_H
#define NNFAST_LANES_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* 16 is for narrower types than these */
#error "nnfast needs numbers that are computed in their own type: try -msse2 -mfpmath=sse"
#endif
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST)
#error "nnfast needs a compiler that keeps the order of additions: leave out -ffast-math"
#endif

#if defined(NNFAST_FLOAT32)
typedef float real;
#define REAL_BYTES 4
#define REAL_FORMAT "f"
#define LARGEST FLT_MAX
#define SMALLEST 0x1p-149f
#else
typedef double real;
#define REAL_BYTES 8
#define REAL_FORMAT "d"
#define LARGEST DBL_MAX
#define SMALLEST 0x1p-1074
#if defined(_MSC_VER)
#pragma fp_contract(off)
#endif
#endif

/* Numbers that no other pointer in the same function leads to: without this promise a compiler must
   check for overlap before it may work on several numbers at once. */
#if defined(_MSC_VER)
typedef real *__restrict unaliased;
typedef const real *__restrict const_unaliased;
#else
typedef real *restrict unaliased;
typedef const real *restrict const_unaliased;
#endif

#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#define ALIGNED __attribute__((aligned(64)))
#else
#define INLINED static inline
#define ALIGNED
#endif

#if defined(__GNUC__)
#define forget() __asm__ volatile("" ::: "memory")
#else
#define forget() _ReadWriteBarrier()
#endif

/* Ask for what lies at an address, which may be any, before it is needed. */
#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void) (address))
#endif

/* A tile is as many sums as the registers hold, a few registers left free to work with. For many
   examples it is ROWS of them by COLUMNS registers of neurons. With AVX-512 a multiplication can
   read the one number for all its lanes from memory in passing, which pays if no other
   multiplication needs that number: so a tile there has many rows and one column. For one example a
   tile is a row of up to 13 registers, or of WIDE where as many more hold its neurons' steps. For
   MANY_ROWS examples and more, where each weight is near, a tile is the one that loads least. TERMS
   are the most that are added in one go, before the next tile: few enough for the caches. */
#if defined(__GNUC__) && defined(__AVX512F__)
#define REGISTER 64
#define ROWS 16
#define FEW_ROWS 4
#define COLUMNS 1
#define PACKED_ROWS 8
#define PACKED_COLUMNS 3
#define MANY_ROWS 48
#define TERMS 256
#define WIDE 9
#define UNROLL _Pragma("GCC unroll 4")
#else
#if !defined(__GNUC__)
#define REGISTER REAL_BYTES /* a compiler without such types, whatever the processor has */
#elif defined(__AVX__)
#define REGISTER 32
#else
#define REGISTER 16
#endif
#define ROWS 6
#define FEW_ROWS 2
#define COLUMNS 2
#define PACKED_ROWS 6
#define PACKED_COLUMNS 2
#define MANY_ROWS 24
#define TERMS 264
#define WIDE 6
#define UNROLL
#endif
#define MOST_SUMS 24
#define LANES (REGISTER / REAL_BYTES)
#define CACHE_LINE 64

#if defined(__GNUC__)
#define REGISTER_OF(bytes) __attribute__((vector_size(bytes), aligned(REAL_BYTES), may_alias))
#else
#define REGISTER_OF(bytes)
#endif

/* The loops for registers of one width; the last neurons of a layer may need narrower ones. Rows
   and columns must be constants wherever the loops are inlined.

   add_tile: c[r][j] += sum over k of a[r][k] * b[k][j], in the order of k. The last register of a
   row begins at neuron `last`.

   move_and_add_tile: weights[i][j] += old_inputs[i] * steps[j], then sums[j] = start[j], or 0.0 if
   start is NULL, + sum over i of inputs[i] * weights[i][j]. Each weight is loaded once: moved by
   the example before, stored, and used. */
#define AT(t) ((t) == columns - 1 ? last : (t) * width)
#define DEFINE_TILES(lanes, type, bytes, add_tile, move_and_add_tile)                              \
    typedef real lanes type;                                                                       \
    INLINED void add_tile(                                                                         \
        const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step,         \
        real *c, ptrdiff_t c_row, ptrdiff_t terms, int rows, int columns, ptrdiff_t last           \
    ) {                                                                                            \
        const ptrdiff_t width = (bytes) / REAL_BYTES;                                              \
        lanes sums[MOST_SUMS], b_terms[MOST_SUMS];                                                 \
        for (int r = 0; r < rows; r++)                                                             \
            for (int t = 0; t < columns; t++)                                                      \
                sums[r * columns + t] = *(const lanes *) (c + r * c_row + AT(t));                  \
        UNROLL                                                                                     \
        for (ptrdiff_t k = 0; k < terms; k++) {                                                    \
            for (int t = 0; t < columns; t++)                                                      \
                b_terms[t] = *(const lanes *) (b + k * b_step + AT(t));                            \
            for (int r = 0; r < rows; r++)                                                         \
                for (int t = 0; t < columns; t++)                                                  \
                    sums[r * columns + t] =                                                        \
                        sums[r * columns + t] + a[r * a_row + k * a_step] * b_terms[t];            \
        }                                                                                          \
        for (int r = 0; r < rows; r++)                                                             \
            for (int t = 0; t < columns; t++)                                                      \
                *(lanes *) (c + r * c_row + AT(t)) = sums[r * columns + t];                        \
    }                                                                                              \
    INLINED void move_and_add_tile(                                                                \
        real *weights, ptrdiff_t row, const real *old_inputs, const real *steps,                   \
        const real *inputs, const real *start, real *sums, ptrdiff_t fan_in, int columns           \
    ) {                                                                                            \
        const ptrdiff_t width = (bytes) / REAL_BYTES;                                              \
        lanes totals[WIDE], moves[WIDE];                                                           \
        for (int t = 0; t < columns; t++) {                                                        \
            totals[t] = start ? *(const lanes *) (start + t * width) : (lanes) {0};                \
            moves[t] = *(const lanes *) (steps + t * width);                                       \
        }                                                                                          \
        for (ptrdiff_t i = 0; i < fan_in; i++) {                                                   \
            real old = old_inputs[i], x = inputs[i];                                               \
            for (int t = 0; t < columns; t++) {                                                    \
                lanes *place = (lanes *) (weights + i * row + t * width);                          \
                lanes w = *place + old * moves[t];                                                 \
                *place = w;                                                                        \
                totals[t] = totals[t] + x * w;                                                     \
            }                                                                                      \
        }                                                                                          \
        for (int t = 0; t < columns; t++)                                                          \
            *(lanes *) (sums + t * width) = totals[t];                                             \
    }

/* A layer from left to right: what whole registers leave over is done by smaller ones. */
#if defined(__GNUC__)
DEFINE_TILES(lanes, REGISTER_OF(REGISTER), REGISTER, add_tile, move_and_add_tile)
DEFINE_TILES(lanes_32, REGISTER_OF(32), 32, add_tile_32, move_and_add_tile_32)
DEFINE_TILES(lanes_16, REGISTER_OF(16), 16, add_tile_16, move_and_add_tile_16)
#if REAL_BYTES < 8
DEFINE_TILES(lanes_8, REGISTER_OF(8), 8, add_tile_8, move_and_add_tile_8)
#define ALONG_8(along) along(add_tile_8, move_and_add_tile_8, 8, 1)
/* A vector of one number, though compilers move it by way of integers: plain numbers they would
   multiply several at once and then add, where all other sums are fused. */
#define ONE_LANE REGISTER_OF(REAL_BYTES)
#else
#define ALONG_8(along)
#define ONE_LANE
#endif
DEFINE_TILES(one_lane, ONE_LANE, REAL_BYTES, add_tile_real, move_and_add_tile_real)
#define ALONG_THE_REST(along)                                                                      \
    if (REGISTER > 32) along(add_tile_32, move_and_add_tile_32, 32, 1)                             \
    if (REGISTER > 16) along(add_tile_16, move_and_add_tile_16, 16, 1)                             \
    ALONG_8(along)                                                                                 \
    along(add_tile_real, move_and_add_tile_real, REAL_BYTES, 1)
#else
DEFINE_TILES(lanes, , REAL_BYTES, add_tile, move_and_add_tile)
#define ALONG_THE_REST(along)
#endif

INLINED void add_rows(
    const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c,
    ptrdiff_t c_row, ptrdiff_t terms, ptrdiff_t width, int rows
) {
    ptrdiff_t j = 0;
#define ALONG(add_tile, move_and_add_tile, bytes, columns)                                         \
    for (ptrdiff_t more = (columns) * (bytes) / REAL_BYTES; j + more <= width; j += more)          \
        add_tile(                                                                                  \
            a, a_row, a_step, b + j, b_step, c + j, c_row, terms, rows, columns,                   \
            ((columns) - 1) * (bytes) / REAL_BYTES                                                 \
        );
    ALONG(add_tile, move_and_add_tile, REGISTER, COLUMNS)
    if (COLUMNS > 1 && width - j > LANES) {
        /* The last register begins earlier: what two registers hold of the same sum is the same. */
        add_tile(
            a, a_row, a_step, b + j, b_step, c + j, c_row, terms, rows, COLUMNS, width - j - LANES
        );
        return;
    }
    if (COLUMNS > 1) ALONG(add_tile, move_and_add_tile, REGISTER, 1)
    ALONG_THE_REST(ALONG)
#undef ALONG
}

#include "packed.h"

INLINED void add_blocks(
    const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c,
    ptrdiff_t c_row, ptrdiff_t rows, ptrdiff_t terms, ptrdiff_t width, int is_packed
) {
    /* Equal parts: to load and store the sums of a tile is dear where it has few terms. */
    const ptrdiff_t parts = (terms + TERMS - 1) / TERMS;
    for (ptrdiff_t part = 0, k = 0, next; part < parts; part++, k = next) {
        next = terms * (part + 1) / parts;
        const real *a_part = a + k * a_step, *b_part = b + k * b_step;
        ptrdiff_t r = 0, j = 0;
        if (is_packed)
            j = add_packed(a_part, a_row, b_part, b_step, c, c_row, rows, next - k, width);
#define DOWN(rows_at_once)                                                                         \
    for (; r + rows_at_once <= rows; r += rows_at_once)                                            \
        add_rows(                                                                                  \
            a_part + r * a_row, a_row, a_step, b_part + j, b_step, c + r * c_row + j, c_row,       \
            next - k, width - j, rows_at_once                                                      \
        );
        DOWN(ROWS)
        DOWN(FEW_ROWS)
        DOWN(1)
#undef DOWN
    }
}

/* The sum of one term, row by row: with no sums to keep in registers, what counts is memory. */
INLINED void add_outer(
    const real *a, ptrdiff_t a_row, const real *b, real *c, ptrdiff_t c_row, ptrdiff_t rows,
    ptrdiff_t width
) {
    for (ptrdiff_t r = 0; r < rows; r++) {
        real factor = a[r * a_row];
        unaliased row = c + r * c_row;
        for (ptrdiff_t j = 0; j < width; j++)
            row[j] = row[j] + factor * b[j];
    }
}

/* c[r][j] += sum over k of a[r][k] * b[k][j], in the order of k; NumPy: c += a @ b.

   The steps are the distances from one row, or from one k, to the next. One of a's two is 1; with
   them swapped, a is taken transposed. */
static void add_product(
    const real *a, ptrdiff_t a_row, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c,
    ptrdiff_t c_row, ptrdiff_t rows, ptrdiff_t terms, ptrdiff_t width
) {
    if (terms == 1)
        add_outer(a, a_row, b, c, c_row, rows, width);
    else if (a_step == 1)
        add_blocks(a, a_row, 1, b, b_step, c, c_row, rows, terms, width, rows >= MANY_ROWS);
    else
        add_blocks(a, 1, a_step, b, b_step, c, c_row, rows, terms, width, 0);
}

/* A register, and in each lane the first or the second of two numbers. */
#if defined(__GNUC__)
typedef real numbers REGISTER_OF(REGISTER);
#if REAL_BYTES == 4
typedef int32_t choices REGISTER_OF(REGISTER);
#else
typedef int64_t choices REGISTER_OF(REGISTER);
#endif
INLINED numbers chosen(choices first, numbers a, numbers b) {
    return (numbers) ((first & (choices) a) | (~first & (choices) b));
}
#else
typedef real numbers;
#define chosen(first, a, b) ((first) ? (a) : (b))
#endif

/* The lowest and the highest value; infinity and minus infinity if all are NaN. */
static inline void find_lowest_and_highest(
    const real *values, ptrdiff_t count, double *lowest, double *highest
) {
    const ptrdiff_t whole = count - count % LANES;
    numbers lows = (numbers){0} + (real) INFINITY, highs = (numbers){0} - (real) INFINITY;
    real low_lanes[LANES], high_lanes[LANES];
    for (ptrdiff_t i = 0; i < whole; i += LANES) {
        const numbers value = *(const numbers *) (values + i);
        lows = chosen(value < lows, value, lows);
        highs = chosen(value > highs, value, highs);
    }
    memcpy(low_lanes, &lows, sizeof lows);
    memcpy(high_lanes, &highs, sizeof highs);
    *lowest = INFINITY;
    *highest = -INFINITY;
    for (int lane = 0; lane < LANES; lane++) {
        *lowest = low_lanes[lane] < *lowest ? low_lanes[lane] : *lowest;
        *highest = high_lanes[lane] > *highest ? high_lanes[lane] : *highest;
    }
    for (ptrdiff_t i = whole; i < count; i++) {
        *lowest = values[i] < *lowest ? values[i] : *lowest;
        *highest = values[i] > *highest ? values[i] : *highest;
    }
    /* No negative zero: which of two zeros came first must not show. */
    *lowest += 0.0;
    *highest += 0.0;
}

/* A pass over the weights of one layer for one example goes from the first row to the last in tiles
   that are as wide as the layer, or else as the registers allow. Weights too many for a cache come
   from memory, which is fastest in long runs of neighbours: there a tile that moves weights has few
   rows, and is no wider than its part of a run. */
#define LARGE (8 << 20) /* bytes */
#define FEW_WEIGHTS_ROWS 8
#define FEW_COLUMNS 4

/* Tiles that only read have few rows in any layer that is too wide for one, and fetch the rows
   further down. These must still be in the first cache when their turn comes, so it is not done for
   rows longer than this. */
#define READ_COLUMNS 5
#define ROWS_AHEAD 4
#define LONGEST_FETCHED 2560 /* bytes */

/* sums[j] += sum over i of inputs[i] * weights[i][j]; NumPy: sums += inputs @ weights. */
INLINED void add_fetching_tile(
    const real *inputs, const real *weights, ptrdiff_t row, real *sums, ptrdiff_t rows,
    int columns, ptrdiff_t last, ptrdiff_t ahead
) {
    const ptrdiff_t width = LANES;
    numbers totals[READ_COLUMNS + 1];
    for (int t = 0; t < columns; t++)
        totals[t] = *(const numbers *) (sums + AT(t));
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (int t = 0; t < columns; t += CACHE_LINE / REGISTER)
            FETCH(weights + i * row + ahead + t * width);
        for (int t = 0; t < columns; t++)
            totals[t] = totals[t] + inputs[i] * *(const numbers *) (weights + i * row + AT(t));
    }
    for (int t = 0; t < columns; t++)
        *(numbers *) (sums + AT(t)) = totals[t];
}

/* The same for all tiles of some rows. Where a row does not fill its last register, that one begins
   earlier: what two registers of a tile hold of the same sum is the same. */
INLINED void add_weighted_rows(
    const real *inputs, const real *weights, ptrdiff_t row, real *sums, ptrdiff_t rows,
    ptrdiff_t width
) {
    const ptrdiff_t ahead = row * REAL_BYTES > LONGEST_FETCHED ? 0 : ROWS_AHEAD * row;
    ptrdiff_t j = 0;
#define TILE(n, last) add_fetching_tile(inputs, weights + j, row, sums + j, rows, n, last, ahead);
#define LAST_TILE(n)                                                                               \
    case n:                                                                                        \
        TILE(n, width - LANES - j)                                                                 \
        break;
    for (; j + (READ_COLUMNS + 1) * LANES < width; j += READ_COLUMNS * LANES)
        TILE(READ_COLUMNS, (READ_COLUMNS - 1) * LANES)
    switch ((width - j + LANES - 1) / LANES) {
        LAST_TILE(2) LAST_TILE(3) LAST_TILE(4) LAST_TILE(5) LAST_TILE(6)
    }
#undef LAST_TILE
#undef TILE
}

static void add_weighted(
    const real *inputs, const real *weights, ptrdiff_t row, real *sums, ptrdiff_t fan_in,
    ptrdiff_t width
) {
    const ptrdiff_t rest = fan_in % FEW_WEIGHTS_ROWS;
    ptrdiff_t i = 0;
#define TILE(n)                                                                                    \
    case n:                                                                                        \
        add_tile(inputs, 0, 1, weights, row, sums, 0, fan_in, 1, n, width - LANES);                \
        return;
#define ALONG(add_tile, move_and_add_tile, bytes, columns)                                         \
    if (width >= (bytes) / REAL_BYTES) {                                                           \
        add_tile(                                                                                  \
            inputs, 0, 1, weights, row, sums, 0, fan_in, 1, 2, width - (bytes) / REAL_BYTES        \
        );                                                                                         \
        return;                                                                                    \
    }
    if (width < LANES) {
        ALONG_THE_REST(ALONG)
    }
    switch ((width + LANES - 1) / LANES) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7)
        TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13)
    }
#undef ALONG
#undef TILE
    for (; i < fan_in - rest; i += FEW_WEIGHTS_ROWS)
        add_weighted_rows(inputs + i, weights + i * row, row, sums, FEW_WEIGHTS_ROWS, width);
    add_weighted_rows(inputs + i, weights + i * row, row, sums, rest, width);
}

/* A pass that moves the weights, in tiles none of which is much wider than the others. In reverse it
   starts with what the pass before has left in a cache. */
#if WIDE == 9
#define TILES TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9)
#else
#define TILES TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#endif

static void move_and_add_weighted_rows(
    real *weights, ptrdiff_t row, const real *old_inputs, const real *steps, const real *inputs,
    const real *start, real *sums, ptrdiff_t fan_in, ptrdiff_t width, ptrdiff_t most, int reverse
) {
    const ptrdiff_t columns = width / LANES;
    /* To divide takes as long as a small layer does. */
    const ptrdiff_t tiles = columns <= most ? 1 : (columns + most - 1) / most;
#define TILE(n)                                                                                    \
    case n:                                                                                        \
        move_and_add_tile(                                                                         \
            weights + first, row, old_inputs, steps + first, inputs, start ? start + first : NULL, \
            sums + first, fan_in, n                                                                \
        );                                                                                         \
        break;
#define ALONG(add_tile, move_and_add_tile, bytes, columns)                                         \
    for (ptrdiff_t more = (bytes) / REAL_BYTES; j + more <= width; j += more)                      \
        move_and_add_tile(                                                                         \
            weights + j, row, old_inputs, steps + j, inputs, start ? start + j : NULL, sums + j,   \
            fan_in, 1                                                                              \
        );
    for (ptrdiff_t number = 0; number < tiles; number++) {
        ptrdiff_t tile = reverse ? tiles - 1 - number : number;
        ptrdiff_t first = tiles == 1 ? 0 : columns * tile / tiles * LANES;
        switch (tiles == 1 ? columns : columns * (tile + 1) / tiles - columns * tile / tiles) {
            TILES
        }
    }
    ptrdiff_t j = columns * LANES;
    ALONG_THE_REST(ALONG)
#undef ALONG
#undef TILE
}

/* weights[i][j] += old_inputs[i] * steps[j], then sums[j] = start[j], or 0.0, + sum over i of
   inputs[i] * weights[i][j], in one pass: to load and store the weights is most of the work of an
   update. */
static void move_and_add_weighted(
    real *weights, ptrdiff_t row, const real *old_inputs, const real *steps, const real *inputs,
    const real *start, real *sums, ptrdiff_t fan_in, ptrdiff_t width, int reverse
) {
    /* No layer that one tile is as wide as lies in short runs. */
    if (width <= WIDE * LANES || fan_in * width <= LARGE / REAL_BYTES) {
        move_and_add_weighted_rows(
            weights, row, old_inputs, steps, inputs, start, sums, fan_in, width, WIDE, reverse
        );
        return;
    }
    for (ptrdiff_t i = 0; i < fan_in; i += FEW_WEIGHTS_ROWS)
        move_and_add_weighted_rows(
            weights + i * row, row, old_inputs + i, steps, inputs + i, i == 0 ? start : sums, sums,
            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i : FEW_WEIGHTS_ROWS, width, FEW_COLUMNS, 0
        );
}

#endif
