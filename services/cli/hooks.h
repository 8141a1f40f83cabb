/*
 * The webhooks of the files that `ark up` serves: their tokens and the lines that fire them (SPEC
 * 13.4, 21.22).
 *
 * ark-reconciler makes a token for each; ark-gateway takes it from the moment it has read the
 * sealed Secret from the stream `objects`. Only then does the printed line work.
 */
#ifndef ARK_CLI_HOOKS_H
#define ARK_CLI_HOOKS_H

#include "kinds/manifest.h"

struct event_base;
struct hooks;

/* Where all are served. Texts and objects must live as long as the hooks. */
struct hooks_place {
	struct str state_dir; /* tokens are below it */
	struct str url;	      /* of the triggers, without / at its end */
	const struct manifest *manifest;
};

/*
 * Asks the gateway until it takes the token of every webhook of the manifest, or until 3 s are
 * over: a webhook that is refused may get none. Then done is called, once, from the loop.
 */
struct hooks *hooks_new(struct event_base *base, const struct hooks_place *place,
			void (*done)(void *arg), void *arg);
/* NULL is fine. done is not called any more. */
void hooks_free(struct hooks *h);

/* A line of curl for each webhook, with a note where it does not work as it stands. */
void hooks_print(const struct hooks *h);

#endif
