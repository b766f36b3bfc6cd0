#include "pane/pane_weight_stored.h"

#include "model/viewing.h"
#include "number/dtype.h"
#include "pane/pane_histogram.h"
#include "text/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the labels. */
#define LABEL 9

/* A histogram is no lower. */
#define LEAST_HISTOGRAM 6

/* A label, and of what it tells the longest that fits; an empty text takes no line. */
static int put(cells *c, rect area, int y, const char *label, const char *full, const char *brief)
{
    const char *const texts[] = {full, brief, "", NULL};
    const char *text = cells_fitting(area.width - LABEL, texts);
    if (text[0] == '\0' || y >= area.y + area.height)
        return y;
    cells_text(c, area, area.x, y, ROLE_DIM, 0, label);
    cells_text(c, area, area.x + LABEL, y, ROLE_TEXT, 0, text);
    return y + 1;
}

/* "0 01111010 11000100100000111111100": sign, exponent and fraction; of integers and the like "".
 */
static void bits_text(const detinit_tensor *t, double value, char *buffer, size_t size)
{
    unsigned char stored[8] = {0};
    uint64_t bits = 0;
    buffer[0] = '\0';
    if (!t->weights)
        return;
    const int length = 8 * (int)detinit_dtype_size(t->dtype);
    const int fraction = dtype_fraction_bits(t->dtype);
    detinit_encode(t->dtype, &value, 1, stored);
    for (int n = length / 8; n-- > 0;)
        bits = bits << 8 | stored[n];
    size_t at = 0;
    for (int n = length - 1; n >= 0 && at + 3 < size; n--) {
        buffer[at++] = (bits >> n & 1) != 0 ? '1' : '0';
        if (n == length - 1 || n == fraction)
            buffer[at++] = ' ';
    }
    buffer[at] = '\0';
}

/* Where it lies among all, as the survey has them. Returns the line after. */
static int put_rank(const model *m, cells *c, rect area, int y, double value)
{
    const detinit_survey *all = &m->results.survey;
    const detinit_statistics *t = &all->statistics;
    const detinit_histogram *h = &all->histogram;
    char full[96], brief[48];
    if (!m->results.has[PIECE_SURVEY] || !(t->std > 0) || h->bins == 0 || !isfinite(value))
        return y;
    const double off = (value - t->mean) / t->std, far = fabs(value - t->mean);
    const double inside = chart_count(h, t->mean - far, t->mean + far);
    const double out = fmax(0, 1 - inside / (double)(t->count - t->overflowed));
    snprintf(full, sizeof full, "%.2f std %s the mean, %.4g", fabs(off),
             off < 0 ? "below" : "above", t->mean);
    snprintf(brief, sizeof brief, "%+.2f std", off);
    y = put(c, area, y, "lies", full, brief);
    if (value <= t->min || value >= t->max) {
        snprintf(full, sizeof full, "the %s of %s", value <= t->min ? "least" : "greatest",
                 t->sampled ? "the sample" : "all");
        return put(c, area, y, "beyond", full, "none");
    }
    snprintf(full, sizeof full, "about %.2g %% of %s lie further out", 100 * out,
             t->sampled ? "the sample" : "all");
    snprintf(brief, sizeof brief, "%.2g %% lie further", 100 * out);
    return put(c, area, y, "beyond", full, brief);
}

/* The histogram with a line where it lies. */
static void draw_among(const model *m, cells *c, rect area, double value)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    if (!m->results.has[PIECE_SURVEY] || h->bins == 0 || area.height < LEAST_HISTOGRAM)
        return;
    const plot p = histogram_draw(m, c, area);
    const double share = (value - p.x.low) / (p.x.high - p.x.low);
    if (!(share >= 0 && share < 1))
        return;
    for (int y = p.data.y; y < p.data.y + p.data.height; y++)
        cells_put(c, p.data.x + (int)(share * p.data.width), y, 0x2502, ROLE_ACCENT, ATTR_BOLD);
}

void weight_stored_draw(const model *m, cells *c, rect area)
{
    static const char unknown[] =
        "Nothing tells how it was drawn: :open FILE --manifest FILE gives the recipes of a file.";
    const detinit_tensor *t = viewing_tensor(m);
    double value = NAN;
    char text[32], bits[80], full[128];
    int y = area.y;
    viewing_window(m, m->view.row, m->view.col, 1, 1, &value, 1);
    snprintf(text, sizeof text, "%.9g", value);
    bits_text(t, value, bits, sizeof bits);
    snprintf(full, sizeof full, "%s  %s", bits, t->type);
    y = put(c, area, y, viewing_is_measured(m) ? "w" : "w0", text, text);
    y = put(c, area, y, "bits", bits[0] != '\0' ? full : "", bits);
    y = put_rank(m, c, area, y, value);
    y += area.height > 8;
    y += cells_paragraph(c, (rect){area.x, y, area.width, area.y + area.height - y}, ROLE_DIM,
                         unknown);
    draw_among(m, c, (rect){area.x, y + 1, area.width, area.y + area.height - y - 1}, value);
}
