#include "config.h"

#include "detinit.h"

const char *detinit_version(void)
{
    return PACKAGE_VERSION;
}
