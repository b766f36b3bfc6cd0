/* The names of files that tensors are saved in, one each. */
#ifndef DETINIT_NETWORK_FILE_NAME_H
#define DETINIT_NETWORK_FILE_NAME_H

#include <stddef.h>

/* The longest stem, which leaves room for an ending of 4 bytes; and room for any with its NUL. */
#define FILE_STEM_MOST 251
#define FILE_STEM_TEXT (FILE_STEM_MOST + 1)

/*
 * The name of a tensor as that of a file without its ending: no two names have the same, none
 * leaves its folder, none is hidden.  See detinit_network_save_folder.  Returns stem.
 */
const char *file_stem_of_name(const char *name, char stem[FILE_STEM_TEXT]);

#endif
