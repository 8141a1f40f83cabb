/* The metrics of SPEC 22.2 that belong to workers. */
#ifndef ARK_AGENT_WORKER_METRICS_H
#define ARK_AGENT_WORKER_METRICS_H

#include "process/metrics.h"

struct worker_metrics {
	struct metric *started, *completed, *failed, *retried, *taken_over, *dead; /* tasks */
	struct metric *duration, *queue_wait;
	struct metric *llm_calls, *llm_retries, *llm_duration, *llm_first_token, *llm_tokens;
	struct metric *tool_calls, *tool_duration;
};

void worker_metrics_init(struct worker_metrics *w, struct metrics *m);

#endif
