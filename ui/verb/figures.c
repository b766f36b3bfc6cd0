#include "verb/figures.h"

#include "base/whole.h"
#include "verb/report_value.h"

#include <stdlib.h>

/* Hexadecimal digits hold any double exactly, infinities and NaN among them. */
static json_t *write_one(const figure *f, const void *at)
{
    return f->real ? json_sprintf("%a", *(const double *)at) : report_whole(*(const uint64_t *)at);
}

bool figures_whole(const json_t *value, uint64_t *out)
{
    if (json_is_string(value))
        return whole_parse(json_string_value(value), out) == WHOLE_FINE;
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool read_one(const figure *f, const json_t *value, void *at)
{
    const char *text = json_string_value(value);
    char *end;
    if (!f->real)
        return figures_whole(value, at);
    if (text == NULL)
        return false;
    *(double *)at = strtod(text, &end);
    return end != text && *end == '\0';
}

static json_t *write_list(const figure *f, const char *at)
{
    json_t *list = json_array();
    for (size_t n = 0; n < f->count; n++)
        json_array_append_new(list, write_one(f, at + n * sizeof(uint64_t)));
    return list;
}

static bool read_list(const figure *f, const json_t *list, char *at)
{
    bool good = json_array_size(list) == f->count;
    for (size_t n = 0; n < f->count && good; n++)
        good = read_one(f, json_array_get(list, n), at + n * sizeof(uint64_t));
    return good;
}

json_t *figures_write(const figure_table *table, const void *from)
{
    json_t *object = json_object();
    for (const figure *f = table->rows; f < table->rows + table->count; f++) {
        const char *at = (const char *)from + f->offset;
        json_object_set_new(object, f->name, f->count > 1 ? write_list(f, at) : write_one(f, at));
    }
    return object;
}

bool figures_read(const figure_table *table, const json_t *object, void *to)
{
    bool good = json_is_object(object);
    for (const figure *f = table->rows; f < table->rows + table->count && good; f++) {
        const json_t *value = json_object_get(object, f->name);
        char *at = (char *)to + f->offset;
        good = f->count > 1 ? read_list(f, value, at) : read_one(f, value, at);
    }
    return good;
}
