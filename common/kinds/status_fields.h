/* What a status may say, as data: SPEC 3.5. Tables as in fields.h; the CRDs are made of them. */
#ifndef ARK_KINDS_STATUS_FIELDS_H
#define ARK_KINDS_STATUS_FIELDS_H

#include "kinds/fields.h"

extern const struct field status_condition;
extern const struct table status_usage;	     /* SPEC 1.6 */
extern const struct table status_output_ref; /* SPEC 9.13 */

/* observedGeneration and conditions alone */
extern const struct table status_plain;
extern const struct table status_agent, status_team, status_run, status_event, status_budget,
	status_notify, status_registry, status_secret;

#endif
