"""Mutants of the loops on vector registers."""

from mutant import BUILD, Mutant, macro, watched

# Only where the registers are widest, or are not.
WIDE_TILES = [
    Mutant("TILES: no tile of 9", "TILE(8) TILE(9)\n#else", "TILE(8)\n#else"),
    Mutant(
        "ALONG_THE_REST: 32 bytes in half",
        "along(add_tile_32, move_and_add_tile_32, 32, 1)",
        "along(add_tile_16, move_and_add_tile_16, 32, 1)",
    ),
    Mutant(
        "ALONG_THE_REST: 16 bytes in half",
        "along(add_tile_16, move_and_add_tile_16, 16, 1)",
        "along(add_tile_8, move_and_add_tile_8, 16, 1)",
    ),
]
NARROW_TILES = [
    Mutant("TILES: no tile of 6", "TILE(5) TILE(6)\n#endif", "TILE(5)\n#endif"),
    Mutant(
        "add_tile: last column of two by the weights of its neighbour",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "a[r * a_row + k * a_step] * b_terms[t - (rows > 1 && t == 1)];",
    ),
    Mutant(
        "add_rows: single registers left out",
        "    if (COLUMNS > 1) ALONG(add_tile, move_and_add_tile, REGISTER, 1)\n",
        "    j = width - width % LANES;\n",
    ),
]

MUTANTS = {
    "nnfast/kernel/lanes.h": [
        Mutant(
            "add_tile: from the last term on",
            "for (ptrdiff_t k = 0; k < terms; k++)",
            "for (ptrdiff_t k = terms - 1; k >= 0; k--)",
        ),
        Mutant(
            "add_tile: every second term first",
            "for (ptrdiff_t k = 0; k < terms; k++)",
            "for (ptrdiff_t k = 0; k < terms; k = k % 2 || k + 2 < terms ? k + 2 : 1)",
        ),
        Mutant(
            "add_tile: what was there added last",
            macro(
                "                sums[r * columns + t] = *(const lanes *) (c + r * c_row + AT(t));",
                "        UNROLL",
                "        for (ptrdiff_t k = 0; k < terms; k++) {",
            ),
            macro(
                "                sums[r * columns + t] = (lanes) {0};",
                "        UNROLL",
                "        for (ptrdiff_t k = 0; k <= terms; k++) {",
                "            if (k == terms) {",
                "                for (int r = 0; r < rows; r++)",
                "                    for (int t = 0; t < columns; t++)",
                "                        sums[r * columns + t] +=",
                "                            *(const lanes *) (c + r * c_row + AT(t));",
                "                break;",
                "            }",
            ),
        ),
        Mutant(
            "add_tile: the sign of a zero lost",
            "a[r * a_row + k * a_step] * b_terms[t];",
            "a[r * a_row + k * a_step] * b_terms[t] + (real) 0;",
        ),
        Mutant(
            "add_blocks: the last block of terms first",
            "part = 0, k = 0, next; part < parts; part++, k = next) {\n",
            "part = parts - 1, k, next; part >= 0; part--) {\n        k = terms * part / parts;\n",
        ),
        Mutant(
            "move_and_add_tile: from the last term on",
            "for (ptrdiff_t i = 0; i < fan_in; i++)",
            "for (ptrdiff_t i = fan_in - 1; i >= 0; i--)",
        ),
        Mutant(
            "move_and_add_tile: every second term first",
            "for (ptrdiff_t i = 0; i < fan_in; i++)",
            "for (ptrdiff_t i = 0; i < fan_in; i = i % 2 || i + 2 < fan_in ? i + 2 : 1)",
        ),
        Mutant(
            "move_and_add_tile: from the first term",
            "(start + t * width) : (lanes) {0};",
            "(start + t * width) : -(lanes) {0};",
        ),
        Mutant(
            "move_and_add_tile: weights used before they are moved",
            macro(
                "                lanes w = *place + old * moves[t];", "                *place = w;"
            ),
            macro(
                "                lanes w = *place;", "                *place = w + old * moves[t];"
            ),
        ),
        Mutant(
            "move_and_add_tile: the sign of a zero lost",
            "*place + old * moves[t];",
            "*place + old * moves[t] + (real) 0;",
        ),
        Mutant(
            "add_fetching_tile: from the last term on",
            "for (ptrdiff_t i = 0; i < rows; i++)",
            "for (ptrdiff_t i = rows - 1; i >= 0; i--)",
        ),
        Mutant(
            "add_weighted of a wide layer: the last rows first",
            "(inputs + i, weights + i * row, row, sums, FEW_WEIGHTS_ROWS, width);",
            "(inputs + fan_in - rest - i - FEW_WEIGHTS_ROWS,"
            " weights + (fan_in - rest - i - FEW_WEIGHTS_ROWS) * row,"
            " row, sums, FEW_WEIGHTS_ROWS, width);",
        ),
        Mutant(
            "add_weighted of a wide layer: the rest of the rows left out",
            "row, row, sums, rest, width);",
            "row, row, sums, 0, width);",
        ),
        Mutant(
            "add_weighted_rows: the wide tile before the last left out",
            "j + (READ_COLUMNS + 1) * LANES < width;",
            "j + (2 * READ_COLUMNS + 1) * LANES < width;",
        ),
        Mutant(
            "add_weighted_rows: a last tile of one register, which begins in the tile before",
            "j + (READ_COLUMNS + 1) * LANES < width;",
            "j + READ_COLUMNS * LANES < width;",
        ),
        Mutant(
            "add_weighted_rows: no last tile of 4",
            "LAST_TILE(4) LAST_TILE(5)",
            "LAST_TILE(5)",
        ),
        Mutant("add_tile: last term dropped", "k = 0; k < terms; k++", "k = 0; k < terms - 1; k++"),
        Mutant(
            "add_tile: last row of a tall tile dropped",
            "a[r * a_row + k * a_step] * b_terms[t];",
            "(r == ROWS - 1 ? (real) 0 : a[r * a_row + k * a_step]) * b_terms[t];",
        ),
        Mutant(
            "add_tile: last row of a low tile dropped",
            "a[r * a_row + k * a_step] * b_terms[t];",
            "(rows == FEW_ROWS && r == rows - 1 ? (real) 0 : a[r * a_row + k * a_step]) * "
            "b_terms[t];",
        ),
        Mutant(
            "add_tile: last column of a wide tile by the weights of its neighbour",
            "a[r * a_row + k * a_step] * b_terms[t];",
            "a[r * a_row + k * a_step] * b_terms[t - (columns == WIDE && t == WIDE - 1)];",
        ),
        Mutant(
            "add_tile: what was there ignored",
            "sums[r * columns + t] = *(const lanes *) (c + r * c_row + AT(t));",
            "sums[r * columns + t] = (lanes) {0};",
        ),
        Mutant("move_and_add_tile: last row dropped", "i < fan_in; i++", "i < fan_in - 1; i++"),
        Mutant(
            "move_and_add_tile: last column of a wide tile by the steps of its neighbour",
            "*place + old * moves[t];",
            "*place + old * moves[t - (columns == WIDE && t == WIDE - 1)];",
        ),
        Mutant(
            "move_and_add_tile: all columns by the steps of the first",
            "*(const lanes *) (steps + t * width)",
            "*(const lanes *) (steps)",
        ),
        Mutant(
            "move_and_add_tile: all columns from the start of the first",
            "*(const lanes *) (start + t * width)",
            "*(const lanes *) (start)",
        ),
        Mutant(
            "move_and_add_tile: start ignored",
            "start ? *(const lanes *) (start + t * width) : (lanes) {0}",
            "(lanes) {0}",
        ),
        Mutant(
            "move_and_add_tile: old and new inputs swapped",
            "real old = old_inputs[i], x = inputs[i];",
            "real old = inputs[i], x = old_inputs[i];",
        ),
        Mutant(
            "add_rows: last neuron dropped",
            "more = (columns) * (bytes) / REAL_BYTES; j + more <= width",
            "more = (columns) * (bytes) / REAL_BYTES; j + more < width",
        ),
        Mutant(
            "add_blocks: last row dropped",
            "r + rows_at_once <= rows",
            "r + rows_at_once < rows",
        ),
        Mutant("add_blocks: single rows dropped", "DOWN(1)\n", "\n"),
        Mutant(
            "add_blocks: last block of terms short",
            "next = terms * (part + 1) / parts;",
            "next = terms * (part + 1) / parts - (part > 0);",
        ),
        Mutant(
            "add_blocks: first block only",
            "part < parts; part++",
            "part < parts && part == 0; part++",
        ),
        Mutant(
            "add_blocks: second block with the inputs of the first",
            "*a_part = a + k * a_step,",
            "*a_part = a,",
        ),
        Mutant(
            "add_blocks: second block with the weights of the first",
            "*b_part = b + k * b_step;",
            "*b_part = b;",
        ),
        Mutant(
            "ALONG_THE_REST: 8 bytes left out", "along(add_tile_8, move_and_add_tile_8, 8, 1)", ""
        ),
        Mutant(
            "move_and_add_weighted_rows: last tile left out",
            "number < tiles; number++",
            "number < tiles - (tiles > 1); number++",
        ),
        Mutant(
            "move_and_add_weighted_rows: in reverse, the first tile each time",
            "reverse ? tiles - 1 - number : number",
            "reverse ? 0 : number",
        ),
        Mutant(
            "move_and_add_weighted_rows: in reverse, begins as if it were not",
            "columns * tile / tiles * LANES;",
            "columns * number / tiles * LANES;",
        ),
        Mutant(
            "move_and_add_weighted_rows: tiles begin as if all were as wide",
            "columns * tile / tiles * LANES;",
            "columns / tiles * tile * LANES;",
        ),
        Mutant(
            "move_and_add_weighted_rows: no tile is wider",
            "columns * (tile + 1) / tiles - columns * tile / tiles)",
            "columns / tiles)",
        ),
        Mutant(
            "move_and_add_weighted_rows: a tile wider than WIDE",
            "columns <= most ? 1 :",
            "columns <= most + 1 ? 1 :",
        ),
        Mutant(
            "move_and_add_weighted_rows: too few tiles",
            "(columns + most - 1) / most",
            "(columns + most - 2) / most",
        ),
        Mutant(
            "move_and_add_weighted_rows: rest left out",
            "    ptrdiff_t j = columns * LANES;\n    ALONG_THE_REST(ALONG)\n",
            "",
        ),
        Mutant(
            "add_weighted: narrow layers left out",
            "    if (width < LANES) {\n        ALONG_THE_REST(ALONG)\n",
            "    if (width < LANES) {\n",
        ),
        Mutant(
            "add_weighted: no tile of 1",
            "TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7)\n        TILE(8)",
            "TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7)\n        TILE(8)",
        ),
        Mutant("add_weighted: no tile of 13", "TILE(12) TILE(13)", "TILE(12)"),
        Mutant(
            "add_weighted_rows: all tiles with the weights of the first",
            "add_fetching_tile(inputs, weights + j, row,",
            "add_fetching_tile(inputs, weights, row,",
        ),
        Mutant(
            "add_weighted: no last register of narrow layers",
            "1, 2, width - (bytes) / REAL_BYTES",
            "1, 2, 0",
        ),
        Mutant(
            "add_weighted_rows: last register of a wide layer not within its tile",
            "TILE(n, width - LANES - j)",
            "TILE(n, (n - 1) * LANES)",
        ),
        Mutant("add_outer: against the steps", "row[j] + factor * b[j]", "row[j] - factor * b[j]"),
        Mutant(
            "move_and_add_weighted_rows: all tiles by the steps of the first",
            "steps + first, inputs, start ? start + first",
            "steps, inputs, start ? start + first",
        ),
        Mutant(
            "move_and_add_weighted_rows: all tiles from the start of the first",
            "steps + first, inputs, start ? start + first",
            "steps + first, inputs, start ? start",
        ),
        Mutant(
            "move_and_add_weighted_rows: the rest by the steps of the first",
            "steps + j, inputs, start ? start + j",
            "steps, inputs, start ? start + j",
        ),
        Mutant(
            "move_and_add_weighted_rows: the rest from the start of the first",
            "steps + j, inputs, start ? start + j",
            "steps + j, inputs, start ? start",
        ),
        Mutant(
            "add_weighted of a wide layer: all rows with the weights of the first",
            "inputs + i, weights + i * row, row, sums, FEW",
            "inputs + i, weights, row, sums, FEW",
        ),
        Mutant(
            "move_and_add_weighted of a large layer: last block short",
            "start : sums, sums,\n            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i :",
            "start : sums, sums,\n            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i - 1 :",
        ),
        Mutant(
            "move_and_add_weighted of a large layer: all blocks by the inputs of the first",
            "old_inputs + i, steps, inputs + i",
            "old_inputs, steps, inputs + i",
        ),
        Mutant(
            "move_and_add_weighted of a large layer: each block from the start",
            "i == 0 ? start : sums",
            "start",
        ),
        Mutant(
            "move_and_add_weighted of a large layer: start ignored", "i == 0 ? start : sums", "sums"
        ),
        Mutant(
            "move_and_add_weighted of a large layer: from zero",
            "i == 0 ? start : sums",
            "i == 0 ? NULL : sums",
        ),
        watched(
            "lowest and highest: the rest left out",
            "for (ptrdiff_t i = whole; i < count; i++)",
            "for (ptrdiff_t i = count; i < count; i++)",
        ),
        watched(
            "lowest and highest: the rest only",
            "for (ptrdiff_t i = 0; i < whole; i += LANES) {\n        const numbers value",
            "for (ptrdiff_t i = whole; i < whole; i += LANES) {\n        const numbers value",
        ),
        watched(
            "lowest and highest: one lane only",
            "for (int lane = 0; lane < LANES; lane++) {\n        *lowest",
            "for (int lane = 0; lane < 1; lane++) {\n        *lowest",
        ),
        watched(
            "lowest and highest: negative zeros",
            "    *lowest += 0.0;\n",
            "",
        ),
        watched(
            "lowest and highest: NaN is lowest",
            "lows = chosen(value < lows, value, lows)",
            "lows = chosen(value >= lows, lows, value)",
        ),
        *(WIDE_TILES if BUILD == "avx512" else NARROW_TILES),
    ],
    "nnfast/kernel/packed.h": [
        Mutant(
            "add_packed_tile: what was there ignored",
            "sums[r * columns + t] = *(const lanes *) (c + r * c_row + t * LANES);",
            "sums[r * columns + t] = (lanes) {0};",
        ),
        Mutant(
            "add_packed_tile: last term dropped",
            "while (++k < terms)",
            "while (++k < terms - (terms > 1))",
        ),
        Mutant(
            "add_packed_tile: last term not copied",
            "if (panel)\n                *",
            "if (panel && k < terms - 1)\n                *",
        ),
        Mutant(
            "add_packed_tile: last column by the weights of its neighbour",
            "a[r * a_row + k] * b_terms[t];",
            "a[r * a_row + k] * b_terms[t - (t == columns - 1)];",
        ),
        Mutant(
            "add_packed_tile: the sign of a zero lost",
            "a[r * a_row + k] * b_terms[t];",
            "a[r * a_row + k] * b_terms[t] + (real) 0;",
        ),
        Mutant(
            "add_panel: last tile dropped",
            "number < tiles; number++",
            "number < tiles - 1; number++",
        ),
        Mutant("add_panel: a row in two tiles", "next - r == most ? whole : shorter", "whole"),
        Mutant(
            "add_packed: the register that is left over added twice",
            "return j + WIDER_COLUMNS * LANES;",
            "return j + PACKED;",
        ),
        Mutant(
            "add_packed: second panel with the weights of the first",
            "a, a_row, b + j, b_step, panel, c + j, c_row, rows, terms, PACKED_ROWS",
            "a, a_row, b, b_step, panel, c + j, c_row, rows, terms, PACKED_ROWS",
        ),
    ],
}
