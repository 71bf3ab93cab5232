/* How much the inputs of a block's examples overlap: the inner products that blocked.pxi needs.

   Registers run along the inputs here, and their lanes are added at the end: an order of additions
   that only float32 may choose. */

#ifndef NNFAST_OVERLAPS_H
#define NNFAST_OVERLAPS_H

#include "lanes.h"

/* products[r][s] = the inner product of a row r below a and a row s below b. */
#if REGISTER >= 64
#define PARTNERS 4
#else
#define PARTNERS 2
#endif
INLINED void find_inner_tile(
    const real *a, const real *b, ptrdiff_t row, ptrdiff_t terms, real *products,
    ptrdiff_t products_row, int rows, int columns
) {
    const ptrdiff_t whole = terms - terms % LANES;
    numbers sums[4 * PARTNERS];
    for (int n = 0; n < rows * columns; n++)
        sums[n] = (numbers){0};
    for (ptrdiff_t k = 0; k < whole; k += LANES)
        for (int c = 0; c < columns; c++) {
            const numbers b_terms = *(const numbers *) (b + c * row + k);
            for (int r = 0; r < rows; r++)
                sums[r * columns + c] =
                    sums[r * columns + c] + *(const numbers *) (a + r * row + k) * b_terms;
        }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            real lanes[LANES], total = 0;
            memcpy(lanes, &sums[r * columns + c], sizeof lanes);
            for (int lane = 0; lane < LANES; lane++)
                total = total + lanes[lane];
            for (ptrdiff_t k = whole; k < terms; k++)
                total = total + a[r * row + k] * b[c * row + k];
            products[r * products_row + c] = total;
        }
}

/* products[r][s] = the inner product of the rows r and s, for s < r at least. */
static inline void find_inner_products(
    const real *rows, ptrdiff_t row, ptrdiff_t count, real *products, ptrdiff_t products_row
) {
    for (ptrdiff_t r = 0; r < count;) {
        const int some = count - r >= 4 ? 4 : 1;
        for (ptrdiff_t s = 0; s < r + some;) {
            const int partners = r + some - s >= PARTNERS ? PARTNERS : 1;
#define TILE(n, m)                                                                                 \
    find_inner_tile(                                                                               \
        rows + r * row, rows + s * row, row, row, products + r * products_row + s, products_row,   \
        n, m                                                                                       \
    )
            if (some == 4 && partners == PARTNERS)
                TILE(4, PARTNERS);
            else if (some == 4)
                TILE(4, 1);
            else if (partners == PARTNERS)
                TILE(1, PARTNERS);
            else
                TILE(1, 1);
#undef TILE
            s += partners;
        }
        r += some;
    }
}

#endif
