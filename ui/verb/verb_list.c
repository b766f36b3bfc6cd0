/* The command list: what a file of tensors holds. */
#include "base/error.h"
#include "detinit_files.h"
#include "file/tensorfile.h"
#include "option/refuse.h"
#include "text/grouped.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <string.h>

/* Columns of a name, and characters of a text of the metadata, that a terminal is shown. */
#define NAME_MOST 60
#define TEXT_MOST 100

static uint64_t bytes_of(const detinit_tensor *tensor)
{
    return tensor->count * tensor->item_bytes;
}

/* -------------------------------------------------------------------- text */

/* Prints at most `most` characters of UTF-8 text on one line, whatever it holds. */
static void print_line(const char *text, size_t most)
{
    for (size_t shown = 0; *text != '\0'; text++) {
        const bool begins = ((unsigned char)*text & 0xC0) != 0x80;
        if (begins && shown++ == most) {
            fputs("...", stdout);
            return;
        }
        putchar_unlocked((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
    }
}

/* "256 x 784", "scalar" of none; with `times` between the dimensions. */
static void print_shape(const detinit_tensor *tensor, const char *times)
{
    for (size_t d = 0; d < tensor->rank; d++)
        printf("%s%llu", d > 0 ? times : "", (unsigned long long)tensor->shape[d]);
    if (tensor->rank == 0)
        fputs("scalar", stdout);
}

static int name_width(const detinit_tensorfile *file)
{
    int widest = (int)strlen("tensor");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const int width = report_width(detinit_tensorfile_tensor(file, n)->name);
        widest = width > widest ? width : widest;
    }
    return widest < NAME_MOST ? widest : NAME_MOST;
}

static void print_tensors(const detinit_tensorfile *file)
{
    const int widest = name_width(file);
    uint64_t bytes = 0;
    char text[32];
    printf("  %-*s  %-11s %18s  shape\n", widest, "tensor", "type", "bytes");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        const int width = report_width(tensor->name);
        fputs("  ", stdout);
        print_line(tensor->name, NAME_MOST);
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
    const char *key, *why, *name;
    if (!s->output.quiet)
        printf("LIST (%s, %s)\n"
               "============================================================\n",
               s->file, tensorfile_format(file)->name);
    print_tensors(file);
    for (size_t n = 0; (name = detinit_tensorfile_left_out(file, n, &why)) != NULL; n++) {
        fputs(n == 0 ? "\nNot read:\n  " : "  ", stdout);
        print_line(name, NAME_MOST);
        printf(": %s\n", why);
    }
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++) {
        fputs(n == 0 ? "\nMetadata:\n  " : "  ", stdout);
        print_line(key, NAME_MOST);
        fputs(": ", stdout);
        print_line(detinit_tensorfile_metadata(file, key), TEXT_MOST);
        putchar('\n');
    }
}

/* -------------------------------------------------------------- JSON and CSV */

/* A text as JSON has it. */
static bool put_text(const char *text)
{
    json_t *value = json_string(text);
    const bool good = value != NULL && json_dumpf(value, stdout, JSON_ENCODE_ANY) == 0;
    json_decref(value);
    return good;
}

/* A number, or a text where it is beyond 2^53, as report_whole has it. */
static void put_whole(const char *before, uint64_t value)
{
    const char *quote = value > (uint64_t)1 << 53 ? "\"" : "";
    printf("%s%s%llu%s", before, quote, (unsigned long long)value, quote);
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
    printf(",\n  \"format\": \"%s\",\n  \"tensors\": [", tensorfile_format(file)->name);
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
    puts("tensor,type,shape,bytes");
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        weights_print_quoted(tensor->name);
        printf(",%s,", tensor->type);
        print_shape(tensor, "x");
        printf(",%llu\n", (unsigned long long)bytes_of(tensor));
    }
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_status status = refuse_file(detinit_tensorfile_open(s->file, &file, error), error);
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
    .help = "the tensors that a file holds",
    .options = {VERB_OPTION(FORMAT), VERB_OPTION(QUIET)},
    .run = run_verb,
};
