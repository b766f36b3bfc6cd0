#include "text/axis.h"

#include "text/cell.h"
#include "text/grouped.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are written out between these. */
#define LARGEST 1e7
#define FINEST  1e-5

/* An axis of logarithms is marked with powers of ten from so many on, else with 1, 2 and 5. */
#define POWERS_FROM 2.0

double axis_share(const axis *a, double value)
{
    if (!a->log)
        return (value - a->low) / (a->high - a->low);
    return value > 0 ? log(value / a->low) / log(a->high / a->low) : NAN;
}

/* ------------------------------------------------------------------ numbers */

/* 10 to a power, as text. */
static void put_power(int power, bool ascii, char *buffer, size_t size)
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char digits[16];
    if (ascii) {
        snprintf(buffer, size, "1e%d", power);
        return;
    }
    snprintf(digits, sizeof digits, "%d", power < 0 ? -power : power);
    snprintf(buffer, size, "10%s", power < 0 ? "⁻" : "");
    for (const char *at = digits; *at != '\0'; at++)
        snprintf(buffer + strlen(buffer), size - strlen(buffer), "%s", raised[*at - '0']);
}

static const char *power_label(int power, bool ascii, char buffer[AXIS_LABEL])
{
    if (power == 0 || power == 1)
        snprintf(buffer, AXIS_LABEL, power == 0 ? "1" : "10");
    else
        put_power(power, ascii, buffer, AXIS_LABEL);
    return buffer;
}

/* 2.5 x 10^-7: as many figures as tell one step from the next. */
static void put_scientific(double value, double step, bool ascii, char *buffer)
{
    const int exponent = (int)floor(log10(value));
    const int finer = exponent - (int)floor(log10(step) + 1e-9);
    const int figures = finer < 0 ? 0 : finer > 6 ? 6 : finer;
    const double mantissa = value / pow(10, exponent);
    char power[24];
    if (ascii) {
        snprintf(buffer, 28, "%.*fe%d", figures, mantissa, exponent);
        return;
    }
    put_power(exponent, false, power, sizeof power);
    snprintf(buffer, 28, "%.*f×%s", figures, mantissa, power);
}

/* 12,345.67 */
static void put_plain(double value, double step, char *buffer)
{
    const int finer = -(int)floor(log10(step) + 1e-9);
    const int decimals = finer < 0 ? 0 : finer > 8 ? 8 : finer;
    char digits[32], whole[32];
    snprintf(digits, sizeof digits, "%.*f", decimals, value);
    char *point = strchr(digits, '.');
    snprintf(buffer, 28, "%s%.10s", grouped(strtoull(digits, NULL, 10), whole),
             point != NULL ? point : "");
}

const char *axis_number(double value, double step, bool ascii, char buffer[AXIS_LABEL])
{
    const double size = fabs(value);
    const bool written_out = size < LARGEST && step >= FINEST;
    char digits[28];
    if (!isfinite(value) || !(step > 0)) {
        snprintf(buffer, AXIS_LABEL, "%g", value);
        return buffer;
    }
    if (size < step * 1e-6)
        snprintf(digits, sizeof digits, "0");
    else if (written_out)
        put_plain(size, step, digits);
    else
        put_scientific(size, step, ascii, digits);
    const bool negative = value < 0 && strcmp(digits, "0") != 0;
    snprintf(buffer, AXIS_LABEL, "%s%s", !negative ? "" : ascii ? "-" : "−", digits);
    return buffer;
}

/* -------------------------------------------------------------------- ticks */

/* The first and the last multiple of a step on an axis. */
static double first_multiple(const axis *a, double step)
{
    return ceil(a->low / step - 1e-9);
}

static double last_multiple(const axis *a, double step)
{
    return floor(a->high / step + 1e-9);
}

/* A round number, no more than `most` of whose multiples lie on an axis. */
static double round_step(const axis *a, int most)
{
    double step = pow(10, floor(log10((a->high - a->low) / most)));
    if (a->whole && step < 1)
        step = 1;
    for (int n = 0; last_multiple(a, step) - first_multiple(a, step) >= most; n++)
        step *= n % 3 == 1 ? 2.5 : 2;
    return step;
}

static int linear_ticks(const axis *a, int most, bool ascii, tick *ticks)
{
    const double step = round_step(a, most), last = last_multiple(a, step);
    int count = 0;
    for (double n = first_multiple(a, step); n <= last && count < AXIS_TICKS; n++) {
        ticks[count].value = n * step;
        axis_number(n * step, step, ascii, ticks[count++].label);
    }
    return count;
}

/* Every power, or every second, fifth, tenth ... */
static int power_ticks(const axis *a, int most, bool ascii, tick *ticks)
{
    static const int steps[] = {1, 2, 5, 10, 20, 50, 100, 200};
    const double low = log10(a->low), high = log10(a->high);
    size_t n = 0;
    while (n + 1 < sizeof steps / sizeof steps[0] &&
           floor(high / steps[n] + 1e-9) - ceil(low / steps[n] - 1e-9) + 1 > most)
        n++;
    int count = 0;
    for (double at = ceil(low / steps[n] - 1e-9); at * steps[n] <= high + 1e-9; at++) {
        if (count == AXIS_TICKS)
            break;
        ticks[count].value = pow(10, at * steps[n]);
        power_label((int)(at * steps[n]), ascii, ticks[count++].label);
    }
    return count;
}

/* 1, 2, 5, 10 ... of a short axis of logarithms. */
static int rung_ticks(const axis *a, int most, bool ascii, tick *ticks)
{
    static const double rungs[] = {1, 2, 5};
    int count = 0;
    for (int n = 3 * (int)floor(log10(a->low)); count < AXIS_TICKS; n++) {
        const int power = (int)floor(n / 3.0);
        const double unit = pow(10, power), value = rungs[n - 3 * power] * unit;
        if (value > a->high * (1 + 1e-9))
            break;
        if (value < a->low * (1 - 1e-9))
            continue;
        ticks[count].value = value;
        axis_number(value, unit, ascii, ticks[count++].label);
    }
    return count <= most ? count : 0;
}

int axis_ticks(const axis *a, int most, bool ascii, tick ticks[AXIS_TICKS])
{
    const double range = a->high - a->low;
    int count = 0;
    if (most < 1 || !(range > 0) || !isfinite(range) || (a->log && !(a->low > 0)))
        return 0;
    if (most > AXIS_TICKS)
        most = AXIS_TICKS;
    if (a->log && log10(a->high / a->low) >= POWERS_FROM)
        return power_ticks(a, most, ascii, ticks);
    if (a->log)
        count = rung_ticks(a, most, ascii, ticks);
    return count >= 2 ? count : linear_ticks(a, most, ascii, ticks);
}

int axis_label_width(const tick *ticks, int count)
{
    int width = 0;
    for (int n = 0; n < count; n++) {
        const int columns = cells_columns(ticks[n].label, strlen(ticks[n].label));
        width = columns > width ? columns : width;
    }
    return width;
}
