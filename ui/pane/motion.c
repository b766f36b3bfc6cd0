#include "pane/motion.h"

uint64_t motion_apply(uint64_t place, int by, uint64_t jump, uint64_t total)
{
    uint64_t last = total > 0 ? total - 1 : 0, far;
    if (by == MOTION_TO_FIRST || by == MOTION_TO_LAST)
        return by > 0 ? last : 0;
    if (by < 0) {
        far = (uint64_t)-by * jump;
        return place > far ? place - far : 0;
    }
    far = (uint64_t)by * jump;
    if (place > last)
        return last;
    return last - place > far ? place + far : last;
}
