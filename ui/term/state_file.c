#include "term/state_file.h"

#include "system/user_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folders(char *folder)
{
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700); /* where it fails, so does the last one */
        *slash = '/';
    }
    return mkdir(folder, 0700) == 0 || errno == EEXIST;
}

/* A pipe in the place of a file would hold the program up for as long as nobody writes. */
static bool is_kept_in(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 || S_ISREG(about.st_mode);
}

bool find_state_file(const char *name, char *path, size_t size)
{
    char folder[4000];
    int length = -1;
    if (user_folder("XDG_STATE_HOME", ".local/state", folder, sizeof folder) &&
        make_folders(folder))
        length = snprintf(path, size, "%s/%s", folder, name);
    if (length > 0 && (size_t)length < size && is_kept_in(path))
        return true;
    path[0] = '\0';
    return false;
}
