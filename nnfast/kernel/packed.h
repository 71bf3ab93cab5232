/* A matrix product of many rows, as long as it is about arithmetic and not about memory: what a
   tile reads again and again lies in the first cache, and what comes next is on its way there.

   b's rows lie far apart, often each in a page of its own. So some columns of b, a panel, are copied
   to where they follow each other, and all rows of c take their turn with that panel. The first tile
   copies in passing, while there is arithmetic to do, and asks for the lines of the next panel.

   Each sum takes its terms in the order of k, whatever tile it is in. Included by lanes.h. */

#ifndef NNFAST_PACKED_H
#define NNFAST_PACKED_H

#if defined(__GNUC__)
#define NOT_INLINED static __attribute__((noinline))
#define FETCH(place) __builtin_prefetch(place)
#else
#define NOT_INLINED static
#define FETCH(place) ((void) 0)
#endif

enum {
    PACKED = PACKED_COLUMNS * LANES,
    /* One register that is left over joins the last panel, whose tiles then have fewer rows. */
    WIDER_COLUMNS = PACKED_COLUMNS + 1,
    WIDER_ROWS = PACKED_ROWS * PACKED_COLUMNS / WIDER_COLUMNS
};

/* c[r][j] += sum over k of a[r][k] * b[k][j], for a tile; its part of b goes to the panel, if one is
   given. There are one or more terms. */
INLINED void add_packed_tile(
    const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *panel, real *c,
    ptrdiff_t c_row, ptrdiff_t terms, int rows, int columns
) {
    lanes sums[MOST_SUMS], b_terms[WIDER_COLUMNS];
    ptrdiff_t k = 0;
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < columns; t++)
            sums[r * columns + t] = *(const lanes *) (c + r * c_row + t * LANES);
    UNROLL
    do {
        for (int t = 0; t < columns; t++) {
            b_terms[t] = *(const lanes *) (b + k * b_step + t * LANES);
            if (panel)
                *(lanes *) (panel + (k * columns + t) * LANES) = b_terms[t];
        }
        if (panel)
            FETCH(b + k * b_step + 2 * columns * LANES - 1);
        for (int r = 0; r < rows; r++)
            for (int t = 0; t < columns; t++)
                sums[r * columns + t] = sums[r * columns + t] + a[r * a_row + k] * b_terms[t];
    } while (++k < terms);
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < columns; t++)
            *(lanes *) (c + r * c_row + t * LANES) = sums[r * columns + t];
}

/* Each kind of tile is a function of its own, which has all registers to itself. */
typedef void packed_tile(
    const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *panel, real *c,
    ptrdiff_t c_row, ptrdiff_t terms
);
#define DEFINE_PACKED_TILES(rows, columns, add_and_pack, add_from_panel)                           \
    NOT_INLINED void add_and_pack(                                                                 \
        const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *panel, real *c,     \
        ptrdiff_t c_row, ptrdiff_t terms                                                           \
    ) {                                                                                            \
        add_packed_tile(a, a_row, b, b_step, panel, c, c_row, terms, rows, columns);               \
    }                                                                                              \
    NOT_INLINED void add_from_panel(                                                               \
        const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *panel, real *c,     \
        ptrdiff_t c_row, ptrdiff_t terms                                                           \
    ) {                                                                                            \
        (void) b, (void) b_step;                                                                   \
        add_packed_tile(                                                                           \
            a, a_row, panel, (columns) * LANES, NULL, c, c_row, terms, rows, columns               \
        );                                                                                         \
    }
DEFINE_PACKED_TILES(PACKED_ROWS, PACKED_COLUMNS, pack_tile, add_to_tile)
DEFINE_PACKED_TILES(PACKED_ROWS - 1, PACKED_COLUMNS, pack_shorter_tile, add_to_shorter_tile)
DEFINE_PACKED_TILES(WIDER_ROWS, WIDER_COLUMNS, pack_wider_tile, add_to_wider_tile)
DEFINE_PACKED_TILES(WIDER_ROWS - 1, WIDER_COLUMNS, pack_small_tile, add_to_small_tile)

/* Rows are shared out evenly: from MANY_ROWS on, no tile is then short of more than one. */
INLINED void add_panel(
    const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *panel, real *c,
    ptrdiff_t c_row, ptrdiff_t rows, ptrdiff_t terms, ptrdiff_t most, packed_tile *pack,
    packed_tile *pack_shorter, packed_tile *add, packed_tile *add_shorter
) {
    const ptrdiff_t tiles = (rows + most - 1) / most;
    for (ptrdiff_t number = 0, r = 0, next; number < tiles; number++, r = next) {
        next = rows * (number + 1) / tiles;
        for (ptrdiff_t soon = next; soon < next + most && soon < rows; soon++)
            FETCH(c + soon * c_row);
        packed_tile *whole = number == 0 ? pack : add;
        packed_tile *shorter = number == 0 ? pack_shorter : add_shorter;
        (next - r == most ? whole : shorter)(
            a + r * a_row, a_row, b, b_step, panel, c + r * c_row, c_row, terms
        );
    }
}

/* Do this for as many columns of c as panels hold, and return how many that is. There are
   MANY_ROWS rows or more, and at most TERMS terms. */
static ptrdiff_t add_packed(
    const real *a, ptrdiff_t a_row, const real *b, ptrdiff_t b_step, real *c, ptrdiff_t c_row,
    ptrdiff_t rows, ptrdiff_t terms, ptrdiff_t width
) {
    ALIGNED real panel[TERMS * WIDER_COLUMNS * LANES];
    ptrdiff_t j = 0;
    while (width - j >= PACKED) {
        if ((width - j) / LANES == WIDER_COLUMNS) {
            add_panel(
                a, a_row, b + j, b_step, panel, c + j, c_row, rows, terms, WIDER_ROWS,
                pack_wider_tile, pack_small_tile, add_to_wider_tile, add_to_small_tile
            );
            return j + WIDER_COLUMNS * LANES;
        }
        add_panel(
            a, a_row, b + j, b_step, panel, c + j, c_row, rows, terms, PACKED_ROWS, pack_tile,
            pack_shorter_tile, add_to_tile, add_to_shorter_tile
        );
        j += PACKED;
    }
    return j;
}

#endif
