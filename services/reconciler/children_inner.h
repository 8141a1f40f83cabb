/* Between the files that write an agent's children (children.h). */
#ifndef ARK_RECONCILER_CHILDREN_INNER_H
#define ARK_RECONCILER_CHILDREN_INNER_H

#include "reconciler/children.h"

#define CHILD_PROMPT_KEY "system-prompt" /* of the config Secret */
#define CHILD_REDIS_PASSWORD_KEY "redis-password"
#define CHILD_REDIS_USER_KEY "redis-user"
#define CHILD_PROMPT_DIR "/etc/ark"
#define CHILD_LABEL_AGENT ARK_LABEL "deployment" /* the pods of an agent */

/* One agent while its children are written. */
struct family {
	struct arena *arena;
	const struct object *object;
	const struct agent *agent;
	const struct child_world *world;
	struct redis_url redis;
	struct variables sources; /* of whole Secrets and ConfigMaps, and the provider key */
	struct variables own;	  /* of the suite */
	struct str config_name;	  /* of the Secret with what is secret of them */
	struct str deployment_name;
};

/* "apiVersion", "kind" and "metadata" with the labels and owner that all have; the document stays
 * open. */
void child_begin(struct buf *b, const struct family *f, enum child_kind kind, struct str name);
/* {"matchLabels": {the agent's pods}} */
void child_add_selector(struct buf *b, const struct family *f);

void child_add_config(struct buf *b, const struct family *f);
void child_add_deployment(struct buf *b, const struct family *f);
void child_add_disruption_budget(struct buf *b, const struct family *f);
void child_add_network_policy(struct buf *b, const struct family *f);
void child_add_scaled_object(struct buf *b, const struct family *f);
void child_add_trigger_authentication(struct buf *b, const struct family *f);

/* Has it more than one replica, ever? */
bool child_is_many(const struct family *f);
/* KEDA decides how many replicas there are. */
bool child_is_scaled(const struct family *f);

#endif
