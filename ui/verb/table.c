#include "verb/table.h"

#include "verb/report.h"

#include <stdio.h>
#include <string.h>

const char *table_percent(uint64_t part, uint64_t whole, char *buffer)
{
    const double share = whole > 0 ? 100 * (double)part / (double)whole : 0;
    if (part > 0 && share < 0.005)
        return "<0.01 %";
    if (part < whole && share >= 99.995)
        return ">99.99 %";
    snprintf(buffer, TABLE_CELL, "%.2f %%", share);
    return buffer;
}

static int column_width(const table *t, const table_column *which)
{
    char buffer[TABLE_CELL];
    int width = report_width(which->heading);
    for (size_t n = 0; n < t->rows; n++) {
        const int needed = report_width(which->cell(t->of, n, buffer));
        width = needed > width ? needed : width;
    }
    return width;
}

/* Row 0 is that of the headings. */
static void print_row(const table *t, size_t row, const int *widths)
{
    int behind = 0; /* blanks that come before the next cell, if there is one */
    for (size_t k = 0; k < t->column_count; k++) {
        const table_column *c = &t->columns[k];
        char buffer[TABLE_CELL];
        const char *text = row == 0 ? c->heading : c->cell(t->of, row - 1, buffer);
        const int room = widths[k] - report_width(text);
        if (text[0] != '\0')
            printf("%*s%s", behind + 2 + (c->left ? 0 : room), "", text);
        behind = text[0] == '\0' ? behind + 2 + widths[k] : c->left ? room : 0;
    }
    putchar('\n');
}

void table_print(const table *t)
{
    int widths[TABLE_COLUMNS_MOST];
    for (size_t k = 0; k < t->column_count; k++)
        widths[k] = column_width(t, &t->columns[k]);
    for (size_t row = 0; row <= t->rows; row++)
        print_row(t, row, widths);
    putchar('\n');
}
