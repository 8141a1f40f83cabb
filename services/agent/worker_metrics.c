#include "agent/worker_metrics.h"

#define OF_TASK "namespace agent role"
#define OF_MODEL "provider model"

void worker_metrics_init(struct worker_metrics *w, struct metrics *m)
{
	*w = (struct worker_metrics){
		.started = metrics_counter(m, "ark_tasks_started_total",
					   "Tasks that a worker began.", OF_TASK),
		.completed = metrics_counter(m, "ark_tasks_completed_total",
					     "Tasks with a result.", OF_TASK),
		.failed = metrics_counter(m, "ark_tasks_failed_total",
					  "Tasks that failed for good.", OF_TASK " reason"),
		.retried = metrics_counter(m, "ark_tasks_retried_total",
					   "Tasks that were put back after a failure.",
					   OF_TASK " reason"),
		.taken_over = metrics_counter(m, "ark_tasks_taken_over_total",
					      "Tasks that another worker had begun.", OF_TASK),
		.dead = metrics_counter(m, "ark_dead_letters_total",
					"Tasks whose retries were used up.", OF_TASK " reason"),
		.duration = metrics_histogram(m, "ark_task_duration_seconds",
					      "From the claim of a task to its end.",
					      "namespace agent", METRIC_SLOW),
		.queue_wait = metrics_histogram(m, "ark_task_queue_wait_seconds",
						"From the request of a task to its claim.",
						"namespace agent", METRIC_QUICK),
		.llm_calls = metrics_counter(m, "ark_llm_calls_total",
					     "Attempts of model calls.", OF_MODEL " outcome"),
		.llm_retries =
			metrics_counter(m, "ark_llm_retries_total", "Attempts after the first.",
					OF_MODEL " outcome"),
		.llm_duration = metrics_histogram(m, "ark_llm_call_duration_seconds",
						  "Duration of an attempt of a model call.",
						  OF_MODEL, METRIC_SLOW),
		.llm_first_token = metrics_histogram(m, "ark_llm_first_token_seconds",
						     "Until the first text of an answer.",
						     OF_MODEL, METRIC_SLOW),
		.llm_tokens = metrics_counter(m, "ark_llm_tokens_total",
					      "Tokens read and written by models.",
					      OF_MODEL " kind estimated"),
		.tool_calls = metrics_counter(m, "ark_tool_calls_total", "Tool calls.",
					      "namespace agent tool tool_type outcome"),
		.tool_duration = metrics_histogram(
			m, "ark_tool_call_duration_seconds", "Duration of a tool call.",
			"namespace agent tool tool_type", METRIC_QUICK),
	};
}
