#include "verb/not_read.h"

#include "text/one_line.h"
#include "verb/weights.h"

void not_read_print(FILE *out, const detinit_tensorfile *file, const char *where)
{
    const char *name, *why;
    char text[ONE_LINE];
    for (size_t n = 0; (name = detinit_tensorfile_left_out(file, n, &why)) != NULL; n++) {
        if (n == 0)
            fprintf(out, "\nNot read%s:\n", where);
        fprintf(out, "  %s: %s\n", one_line_cut(name, NAME_COLUMNS, text, sizeof text), why);
    }
}

json_t *not_read_json(const detinit_tensorfile *file)
{
    json_t *object = json_object();
    const char *name, *why;
    char text[ONE_LINE];
    for (size_t n = 0; (name = detinit_tensorfile_left_out(file, n, &why)) != NULL; n++)
        json_object_set_new(object, one_line(name, text), json_string(why));
    return object;
}
