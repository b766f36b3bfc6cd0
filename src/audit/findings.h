/* What looks wrong in a file, of all that is known of its tensors. */
#ifndef DETINIT_AUDIT_FINDINGS_H
#define DETINIT_AUDIT_FINDINGS_H

#include "audit/kinds.h"
#include "audit/look.h"
#include "detinit_audit.h"

/* What findings are made of, and those that were made. */
typedef struct evaluation {
    const kinds *kinds;
    const look *looks;
    const detinit_audit_tensor *tensors;
    bool *told; /* tensors whose std a finding is about */
    detinit_finding *found;
    size_t count, room;
    bool no_memory;
} evaluation;

/* Adds a finding; the text is made from a printf format. */
__attribute__((format(printf, 6, 7))) void findings_add(evaluation *e, detinit_finding_kind kind,
                                                        bool warning, size_t first, size_t count,
                                                        const char *format, ...);

/* Of single tensors: not finite, dead rows, layers of one value. Of pairs: equal ones. */
void findings_of_values(evaluation *e);
void findings_of_copies(evaluation *e);

/* Of tensors against the others of their kind, and of their file. */
void findings_of_kinds(evaluation *e);

#endif
