#include "file/savetext.h"

#include "file/savefile.h"

#include <string.h>

detinit_status savetext(const char *path, const char *text, uint64_t *bytes, detinit_error *error)
{
    const size_t length = strlen(text);
    savefile file;
    detinit_status status = savefile_open(&file, path, NULL, 0, error);
    if (status != DETINIT_OK)
        return status;
    const output out = output_on(file.fd, file.shown, NULL, 0);
    status = output_write(&out, text, length, error);
    if (status != DETINIT_OK) {
        savefile_abandon(&file);
        return status;
    }
    status = savefile_commit(&file, error);
    if (status == DETINIT_OK)
        *bytes += length;
    return status;
}
