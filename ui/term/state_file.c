#include "term/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder of the program's state; false where the environment names none. */
static bool state_folder(char *folder, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = -1;
    if (state != NULL && state[0] == '/')
        length = snprintf(folder, size, "%s/detinit", state);
    else if (home != NULL && home[0] == '/')
        length = snprintf(folder, size, "%s/.local/state/detinit", home);
    return length > 0 && (size_t)length < size;
}

static bool make_folders(char *folder)
{
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700); /* where it fails, so does the last one */
        *slash = '/';
    }
    return mkdir(folder, 0700) == 0 || errno == EEXIST;
}

bool find_state_file(const char *name, char *path, size_t size)
{
    char folder[4000];
    int length = -1;
    if (state_folder(folder, sizeof folder) && make_folders(folder))
        length = snprintf(path, size, "%s/%s", folder, name);
    if (length > 0 && (size_t)length < size)
        return true;
    path[0] = '\0';
    return false;
}
