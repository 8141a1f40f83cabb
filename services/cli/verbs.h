/* The commands. Each is a row in a file of its own, or one that it shares with its twin. */
#ifndef ARK_CLI_VERBS_H
#define ARK_CLI_VERBS_H

#include "cli/cli.h"

extern const struct verb verb_up;
extern const struct verb verb_run;
extern const struct verb verb_validate;
extern const struct verb verb_trigger;
extern const struct verb verb_submit;
extern const struct verb verb_status;
extern const struct verb verb_runs;
extern const struct verb verb_cancel;
extern const struct verb verb_retry;
extern const struct verb verb_streams;
extern const struct verb verb_dead_letters;
extern const struct verb verb_acl;
extern const struct verb verb_setup;
extern const struct verb verb_completion;
extern const struct verb verb_version;

#endif
