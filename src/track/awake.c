#include "track/awake.h"

#include "base/byteorder.h"

#include <stdlib.h>
#include <string.h>

uint64_t awake_words(uint64_t lines)
{
    return lines / 64 + 1;
}

bool awake_lines_init(awake_lines *a, uint64_t count)
{
    const uint64_t words = awake_words(count);
    *a = (awake_lines){.count = count};
    a->marks =
        words <= SIZE_MAX / sizeof *a->marks ? calloc((size_t)words, sizeof *a->marks) : NULL;
    return a->marks != NULL;
}

void awake_lines_free(awake_lines *a)
{
    free(a->marks);
}

/* 1 .. 64 bits from number `from` on. */
static uint64_t bits_at(const uint8_t *bits, size_t from, size_t count)
{
    uint64_t lower, upper = bits[from / 8 + 8];
    memcpy(&lower, bits + from / 8, sizeof lower);
    turn_little_endian(&lower, sizeof lower, 1);
    const size_t shift = from % 8;
    const uint64_t word = shift > 0 ? lower >> shift | upper << (64 - shift) : lower;
    return count < 64 ? word & (((uint64_t)1 << count) - 1) : word;
}

/* Whether one of 1 bit or more is set. */
static bool any(const uint8_t *bits, size_t from, size_t count)
{
    for (; count > 64; from += 64, count -= 64)
        if (bits_at(bits, from, 64) != 0)
            return true;
    return bits_at(bits, from, count) != 0;
}

/* Marks lines of one word; most often they are marked already. */
static void mark(awake_lines *a, uint64_t word, uint64_t bits)
{
    if ((bits & ~atomic_load_explicit(&a->marks[word], memory_order_relaxed)) == 0)
        return;
    const uint64_t before = atomic_fetch_or(&a->marks[word], bits);
    atomic_fetch_add(&a->awake, (uint64_t)__builtin_popcountll(bits & ~before));
}

/* Marks the columns from `col` on that `count` bits from number `from` on name. */
static void mark_columns(awake_lines *a, uint64_t col, const uint8_t *bits, size_t from,
                         size_t count)
{
    while (count > 0) {
        const size_t shift = col % 64, most = 64 - shift, part = count < most ? count : most;
        mark(a, col / 64, bits_at(bits, from, part) << shift);
        col += part;
        from += part;
        count -= part;
    }
}

static void end_row(awake_rows *rows)
{
    if (rows->ends)
        rows->dead += !rows->last_awake;
    else
        rows->first_awake = rows->last_awake;
    rows->ends = true;
    rows->last_awake = false;
}

void awake_take(awake_lines *columns, awake_lines *marked, awake_rows *rows, uint64_t first,
                size_t count, const uint8_t *changed, size_t awake)
{
    const uint64_t cols = columns->count;
    uint64_t row = first / cols, left = cols - first % cols; /* in the row */
    for (size_t n = 0; n < count;) {
        const size_t part = count - n < left ? count - n : (size_t)left;
        const bool changes = awake > 0 && (awake == count || any(changed, n, part));
        rows->last_awake |= changes;
        if (changes && marked != NULL)
            mark(marked, row / 64, (uint64_t)1 << row % 64);
        if (changes && atomic_load_explicit(&columns->awake, memory_order_relaxed) < cols)
            mark_columns(columns, cols - left, changed, n, part);
        n += part;
        left -= part;
        if (left == 0) {
            end_row(rows);
            row++;
            left = cols;
        }
    }
}

uint64_t awake_join(bool *awake, const awake_rows *rows)
{
    const uint64_t dead = rows->dead + (rows->ends && !*awake && !rows->first_awake);
    *awake = rows->last_awake || (!rows->ends && *awake);
    return dead;
}
