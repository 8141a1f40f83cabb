/*
 * What a folder says, published: identities of local objects are made here and kept in what is
 * published, so that they last: uid, creation time and generation (SPEC 2.12).
 */
#ifndef ARK_WATCHER_LOCAL_H
#define ARK_WATCHER_LOCAL_H

#include "watcher/publish.h"
#include "watcher/source.h"

/* For publish_plan with key KEY_SNAPSHOT: takes over what an earlier watcher published. */
void local_learn(void *arg, struct known *k, struct str json);
/* Puts what is new, different or gone, and sends it. Without effect unless leading. True when
 * nothing is under way. */
bool local_say(struct publish *p, const struct said *said);

#endif
