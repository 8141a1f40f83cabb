/*
 * Whether those who read `events` keep up (DESIGN 2). When a group is events-behind, no new webhook
 * fires are admitted, and readyz names the group.
 */
#ifndef ARK_GATEWAY_BACKLOG_H
#define ARK_GATEWAY_BACKLOG_H

#include "process/process.h"
#include "redis/redis.h"

struct backlog;

/* Asks every two seconds, when there is a connection. */
struct backlog *backlog_new(struct process *p, struct redis *commands);
void backlog_free(struct backlog *b);
bool backlog_is_full(const struct backlog *b);

#endif
