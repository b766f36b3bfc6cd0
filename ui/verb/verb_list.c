/* The command list: what a file of tensors holds. */
#include "base/error.h"
#include "detinit_pack.h"
#include "file/tensorfile.h"
#include "option/refuse.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/not_read.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <string.h>

/* Characters of a text of the metadata that a terminal is shown. */
#define TEXT_MOST 100

static uint64_t bytes_of(const detinit_tensor *tensor)
{
    return tensor->count * tensor->item_bytes;
}

/* -------------------------------------------------------------------- text */

/* A file may have a hundred thousand tensors, and printf takes its time. */
static void print_whole(uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    fwrite(digits + at, 1, sizeof digits - at, stdout);
}

/* "256 x 784", "scalar" of none; with `times` between the dimensions. */
static void print_shape(const detinit_tensor *tensor, const char *times)
{
    for (size_t d = 0; d < tensor->rank; d++) {
        fputs(d > 0 ? times : "", stdout);
        print_whole(tensor->shape[d]);
    }
    if (tensor->rank == 0)
        fputs("scalar", stdout);
}

static int name_width(const detinit_tensorfile *file)
{
    int widest = (int)strlen("tensor");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const int width = report_width(weights_told_name(file, detinit_tensorfile_tensor(file, n)));
        widest = width > widest ? width : widest;
    }
    return widest < NAME_COLUMNS ? widest : NAME_COLUMNS;
}

static void print_tensors(const detinit_tensorfile *file)
{
    const int widest = name_width(file);
    uint64_t bytes = 0;
    char text[32];
    printf("  %-*s  %-11s %18s  shape\n", widest, "tensor", "type", "bytes");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        const char *name = weights_told_name(file, tensor);
        const int width = report_width(name);
        fputs("  ", stdout);
        one_line_print(name, NAME_COLUMNS);
        printf("%*s  %-11s %18s  ", width < widest ? widest - width : 0, "", tensor->type,
               grouped(bytes_of(tensor), text));
        print_shape(tensor, " x ");
        putchar('\n');
        bytes += bytes_of(tensor);
    }
    printf("\n%zu tensor%s, ", detinit_tensorfile_count(file),
           detinit_tensorfile_count(file) == 1 ? "" : "s");
    printf("%s bytes of data\n", grouped(bytes, text));
}

static void print_text(const settings *s, const detinit_tensorfile *file)
{
    const char *key;
    char file_text[ONE_LINE];
    if (!s->output.quiet)
        printf("LIST (%s, %s%s)\n"
               "============================================================\n",
               one_line(s->file, file_text), tensorfile_format(file)->name,
               tensorfile_format(file)->packed ? ", packed" : "");
    print_tensors(file);
    not_read_print(stdout, file, "");
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++) {
        fputs(n == 0 ? "\nMetadata:\n  " : "  ", stdout);
        one_line_print(key, NAME_COLUMNS);
        fputs(": ", stdout);
        one_line_print(detinit_tensorfile_metadata(file, key), TEXT_MOST);
        putchar('\n');
    }
}

/* -------------------------------------------------------------- JSON and CSV */

/* A text as JSON has it. */
static bool put_text(const char *text)
{
    json_t *value = one_line_json(text);
    const bool good = one_line_put_json(value, JSON_ENCODE_ANY);
    json_decref(value);
    return good;
}

/* A number, or a text where it is beyond 2^53, as report_whole has it. */
static void put_whole(const char *before, uint64_t value)
{
    const char *quote = value > (uint64_t)1 << 53 ? "\"" : "";
    fputs(before, stdout);
    fputs(quote, stdout);
    print_whole(value);
    fputs(quote, stdout);
}

/* A pair of texts within an object. */
static bool put_pair(size_t n, const char *key, const char *value)
{
    fputs(n > 0 ? ",\n    " : "\n    ", stdout);
    bool good = put_text(key);
    fputs(": ", stdout);
    return put_text(value) && good;
}

/* A line for each tensor: a report of as many objects takes its time and memory. */
static bool put_tensor(size_t n, const detinit_tensor *tensor)
{
    fputs(n > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ", stdout);
    const bool good = put_text(tensor->name);
    printf(", \"type\": \"%s\", \"shape\": [", tensor->type);
    for (size_t d = 0; d < tensor->rank; d++)
        put_whole(d > 0 ? ", " : "", tensor->shape[d]);
    put_whole("], \"bytes\": ", bytes_of(tensor));
    printf(", \"weights\": %s}", tensor->weights ? "true" : "false");
    return good;
}

static detinit_status print_json(const settings *s, const detinit_tensorfile *file,
                                 detinit_error *error)
{
    const char *key, *why, *name;
    uint64_t bytes = 0;
    fputs("{\n  \"file\": ", stdout);
    bool good = put_text(s->file);
    printf(",\n  \"format\": \"%s\",\n  \"packed\": %s,\n  \"tensors\": [",
           tensorfile_format(file)->name, tensorfile_format(file)->packed ? "true" : "false");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        good = put_tensor(n, detinit_tensorfile_tensor(file, n)) && good;
        bytes += bytes_of(detinit_tensorfile_tensor(file, n));
    }
    put_whole("\n  ],\n  \"bytes\": ", bytes);
    fputs(",\n  \"metadata\": {", stdout);
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        good = put_pair(n, key, detinit_tensorfile_metadata(file, key)) && good;
    fputs("\n  },\n  \"not_read\": {", stdout);
    for (size_t n = 0; (name = detinit_tensorfile_left_out(file, n, &why)) != NULL; n++)
        good = put_pair(n, name, why) && good;
    fputs("\n  }\n}\n", stdout);
    return good ? DETINIT_OK : error_set(error, DETINIT_NO_MEMORY, "no memory for a report");
}

static void print_csv(const detinit_tensorfile *file)
{
    not_read_print(stderr, file, "");
    puts("tensor,type,shape,bytes");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        one_line_field(tensor->name);
        fputs(",", stdout);
        fputs(tensor->type, stdout);
        fputs(",", stdout);
        print_shape(tensor, "x");
        fputs(",", stdout);
        print_whole(bytes_of(tensor));
        fputs("\n", stdout);
    }
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_status status =
        refuse_file(detinit_tensorfile_open_unpacked(s->file, &file, error), error);
    if (status != DETINIT_OK)
        return status;
    if (s->output.format == OUTPUT_JSON)
        status = print_json(s, file, error);
    else if (s->output.format == OUTPUT_CSV)
        print_csv(file);
    else
        print_text(s, file);
    detinit_tensorfile_close(file);
    return status;
}

const verb verb_list = {
    .name = "list",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "the tensors that a file holds",
    .options = {VERB_OPTION(FORMAT), VERB_OPTION(QUIET)},
    .run = run_verb,
};
