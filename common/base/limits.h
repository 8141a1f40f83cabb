/*
 * Every limit has a name and stands here (SPEC 23, DESIGN 7).
 *
 * LIMIT_x is the default, struct limits what the settings made of it. Beyond a limit the suite
 * refuses, with the limit's name in the words, unless the cited rule says that it cuts or waits.
 * Names say the unit: _bytes, _ms; what has none is a count.
 */
#ifndef ARK_BASE_LIMITS_H
#define ARK_BASE_LIMITS_H

#include <stdint.h>

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
/* The longest duration that a setting takes: ten years. */
#define LIMIT_MAX_MS (3650 * DAY_MS)

/* --- process settings: SPEC 23.1, rows with ARK_x ------------------------------------------ */

#define LIMIT_ACTIVE_RUNS 10000				    /* SPEC 2.10 */
#define LIMIT_PENDING_RUNS 10000			    /* SPEC 2.10 */
#define LIMIT_PIPELINE_STEPS 100			    /* SPEC 8.9 */
#define LIMIT_RUN_INPUT_BYTES (256 * KIB)		    /* SPEC 9.1 */
#define LIMIT_STEP_OUTPUT_BYTES (16 * MIB)		    /* SPEC 9.14 */
#define LIMIT_RUN_STATUS_BYTES (64 * KIB)		    /* SPEC 9.13: cuts */
#define LIMIT_STATUS_STEP_OUTPUT_BYTES (4 * KIB)	    /* SPEC 9.13: cuts */
#define LIMIT_STATUS_RUN_OUTPUT_BYTES (16 * KIB)	    /* SPEC 9.13: cuts */
#define LIMIT_OUTPUT_RETENTION_MS (30 * DAY_MS)		    /* SPEC 8.14 */
#define LIMIT_ENDED_RUNS 10000				    /* SPEC 8.14 */
#define LIMIT_DELEGATION_DEPTH 5			    /* SPEC 11.7 */
#define LIMIT_SUB_STEPS 50				    /* SPEC 11.7 */
#define LIMIT_CHILD_RUN_DEPTH 5				    /* SPEC 11.11 */
#define LIMIT_ARTIFACT_BYTES (64 * MIB)			    /* SPEC 10.17 */
#define LIMIT_TEMPLATE_OUTPUT_BYTES MIB			    /* SPEC 4.10 */
#define LIMIT_TEMPLATE_SOURCE_BYTES (256 * KIB)		    /* SPEC 4.10 */
#define LIMIT_TEMPLATE_NODES 100000			    /* SPEC 4.10 */
#define LIMIT_TEMPLATE_DEPTH 100			    /* SPEC 4.10 */
#define LIMIT_SCHEMA_BYTES (64 * KIB)			    /* SPEC 5.11 */
#define LIMIT_SCHEMA_DEPTH 64				    /* SPEC 5.11 */
#define LIMIT_PROMPT_WARN_BYTES (50 * KIB)		    /* SPEC 3.4: warns */
#define LIMIT_PROMPT_BYTES (512 * KIB)			    /* SPEC 3.4 */
#define LIMIT_TEAM_PROMPT_BYTES (800 * KIB)		    /* SPEC 3.4 */
#define LIMIT_WARMUP_TIMEOUT_MS (15 * MINUTE_MS)	    /* SPEC 10.2 */
#define LIMIT_WORKER_LEASE_MS (10 * SECOND_MS)		    /* SPEC 7.3 */
#define LIMIT_PARALLEL_TOOLS 8				    /* SPEC 7.18: waits */
#define LIMIT_TOOL_RESULT_BYTES (256 * KIB)		    /* SPEC 7.24: cuts */
#define LIMIT_LLM_ATTEMPTS 5				    /* SPEC 7.17 */
#define LIMIT_LLM_IDLE_TIMEOUT_MS (60 * SECOND_MS)	    /* SPEC 7.17 */
#define LIMIT_LLM_BACKOFF_MS (60 * SECOND_MS)		    /* SPEC 7.17 */
#define LIMIT_AUX_TOKENS 500				    /* SPEC 10.13, 11.12 */
#define LIMIT_AUX_TIMEOUT_MS (60 * SECOND_MS)		    /* SPEC 10.13, 11.12 */
#define LIMIT_CONVERSATION_BYTES (8 * MIB)		    /* SPEC 7.5 */
#define LIMIT_TASK_DEAD_LETTER_RETENTION_MS (7 * DAY_MS)    /* SPEC 7.9 */
#define LIMIT_MEMORY_ENTRIES 10				    /* SPEC 18.9 */
#define LIMIT_MEMORY_BYTES (8 * KIB)			    /* SPEC 18.9 */
#define LIMIT_MEMORY_TIMEOUT_MS (5 * SECOND_MS)		    /* SPEC 18.12 */
#define LIMIT_EVENTS_BEHIND 1000000			    /* DESIGN 2 */
#define LIMIT_RUN_EVENT_RETENTION_MS HOUR_MS		    /* SPEC 13.15 */
#define LIMIT_RUN_TOKEN_EVENTS 100000			    /* SPEC 13.15 */
#define LIMIT_RUN_STREAM_BYTES (16 * MIB)		    /* SPEC 13.15 */
#define LIMIT_AGENT_CALL_DEPTH 5			    /* SPEC 14.7 */
#define LIMIT_MCP_QUEUE_WAIT_MS (60 * SECOND_MS)	    /* SPEC 14.6 */
#define LIMIT_CHAIN_DEPTH 10				    /* SPEC 12.16 */
#define LIMIT_TRIGGER_BODY_BYTES MIB			    /* SPEC 13.6 */
#define LIMIT_CLIENT_RATE 100				    /* SPEC 13.1: a second */
#define LIMIT_CLIENT_BURST 200				    /* SPEC 13.1 */
#define LIMIT_AUTH_FAILURE_RATE 10			    /* SPEC 13.1: a second */
#define LIMIT_EVENT_RATE 100				    /* SPEC 13.6: a second */
#define LIMIT_SYNC_MAX_TIMEOUT_MS (5 * MINUTE_MS)	    /* SPEC 13.7 */
#define LIMIT_IDEMPOTENCY_RETENTION_MS (7 * DAY_MS)	    /* SPEC 13.8 */
#define LIMIT_IDEMPOTENCY_KEY_BYTES 255			    /* SPEC 13.8 */
#define LIMIT_IDEMPOTENCY_KEYS 100000			    /* SPEC 13.8: an event */
#define LIMIT_SSE_CONNECTIONS 10000			    /* SPEC 13.17 */
#define LIMIT_SSE_HEARTBEAT_MS (15 * SECOND_MS)		    /* SPEC 13.11 */
#define LIMIT_SSE_BACKLOG_BYTES MIB			    /* SPEC 13.17 */
#define LIMIT_SSE_STALL_MS (30 * SECOND_MS)		    /* SPEC 13.17 */
#define LIMIT_RESERVATION_TTL_MS (60 * SECOND_MS)	    /* SPEC 15.10 */
#define LIMIT_MIN_OUTPUT_TOKENS 64			    /* SPEC 15.8 */
#define LIMIT_SPEND_RECORDS 1000000			    /* SPEC 15.13 */
#define LIMIT_SPEND_RETENTION_MS (90 * DAY_MS)		    /* SPEC 15.13 */
#define LIMIT_SPEND_SUM_RETENTION_MS (400 * DAY_MS)	    /* SPEC 15.13 */
#define LIMIT_NOTIFY_TIMEOUT_MS (10 * SECOND_MS)	    /* SPEC 16.8 */
#define LIMIT_NOTIFY_ATTEMPTS 12			    /* SPEC 16.8 */
#define LIMIT_NOTIFY_RECEIVER_RATE 1			    /* SPEC 16.8: a second and URL */
#define LIMIT_NOTIFY_DEAD_LETTER_RETENTION_MS (14 * DAY_MS) /* SPEC 16.8 */
#define LIMIT_SECRET_BYTES (64 * KIB)			    /* SPEC 19.7 */
#define LIMIT_METRIC_AGENTS 500				    /* SPEC 22.2: `other` beyond */

/* --- defaults of fields that people set in resources: SPEC 23.1 ---------------------------- */

#define LIMIT_RUN_HISTORY_SUCCEEDED 10		   /* SPEC 8.14 */
#define LIMIT_RUN_HISTORY_FAILED 3		   /* SPEC 8.14 */
#define LIMIT_LOOP_ITERATIONS 10		   /* SPEC 10.5 */
#define LIMIT_LOOP_ITERATIONS_MOST 100		   /* SPEC 10.5 */
#define LIMIT_VALIDATION_RERUNS 2		   /* SPEC 10.12 */
#define LIMIT_VALIDATION_RERUNS_MOST 10		   /* SPEC 10.12 */
#define LIMIT_OUTPUT_TOKENS_PER_CALL 8000	   /* SPEC 6.5 */
#define LIMIT_CONCURRENT_TASKS 5		   /* SPEC 7.4 */
#define LIMIT_TASK_TIMEOUT_MS (120 * SECOND_MS)	   /* SPEC 7.7 */
#define LIMIT_TASK_RETRIES 3			   /* SPEC 7.8 */
#define LIMIT_TOOL_ITERATIONS 25		   /* SPEC 7.18 */
#define LIMIT_TOOL_TIMEOUT_MS (30 * SECOND_MS)	   /* SPEC 6.5 */
#define LIMIT_PROBE_TIMEOUT_MS (15 * SECOND_MS)	   /* SPEC 7.32 */
#define LIMIT_REGISTRY_DEPTH 3			   /* SPEC 11.17 */
#define LIMIT_SLOT_LOOKBACK_MS (86400 * SECOND_MS) /* SPEC 12.7 */
#define LIMIT_SYNC_TIMEOUT_MS (60 * SECOND_MS)	   /* SPEC 13.7: when the query names none */
#define LIMIT_SIGNATURE_AGE_MS (300 * SECOND_MS)   /* SPEC 13.5 */
#define LIMIT_NOTIFY_RATE_MS (300 * SECOND_MS)	   /* SPEC 16.9: one in this time */
#define LIMIT_AUTH_FAILURE_BURST 20		   /* SPEC 13.1 */

/* --- fixed: what the design promises ------------------------------------------------------- */

/* DESIGN 2: a stream entry; longer texts are keys beside it */
#define LIMIT_ENTRY_BYTES (64 * KIB)
#define LIMIT_ENTRY_FIELDS 64 /* field-value pairs of an entry */
/* DESIGN 3: a commit. Lua cannot unpack more than about 8000 values. */
#define LIMIT_COMMIT_STATES 8
#define LIMIT_COMMIT_OUTPUTS 512
#define LIMIT_COMMIT_BYTES (32 * MIB) /* all arguments: the largest step's output and more */
#define LIMIT_BATCH_ENTRIES 64	      /* read and committed in one go */
#define LIMIT_CACHE_BYTES (16 * MIB)  /* DESIGN 3: states and texts that a decider remembers */
#define LIMIT_TAKEOVER_ENTRIES 64     /* DESIGN 3: claimed at once */
#define LIMIT_TIMERS_FIRED 128	      /* moved into an inbox by one call */
#define LIMIT_DELIVERIES 10	      /* DESIGN 3: then an entry is parked in `dead` */
/* STREAMS 6.1: handled entries of an inbox that stay for people to read */
#define LIMIT_INBOX_RETENTION_MS (10 * MINUTE_MS)
#define LIMIT_INBOX_KEPT 2000
/* DESIGN 2: facts that all groups have handled */
#define LIMIT_FACTS_RETENTION_MS HOUR_MS
#define LIMIT_FACTS_KEPT 100000
#define LIMIT_SSE_AHEAD_BYTES (16 * KIB)      /* SPEC 13.17: of it, what waits in the gateway */
#define LIMIT_MAIL_ENTRIES 1000		      /* DESIGN 2: mail:<process> is capped */
#define LIMIT_MAIL_TTL_MS HOUR_MS	      /* and expires */
#define LIMIT_BLOCK_MS SECOND_MS	      /* DESIGN 3: a timer is this late at most */
#define LIMIT_HEARTBEAT_MS (2 * SECOND_MS)    /* DESIGN 3 */
#define LIMIT_DECIDER_IDLE_MS SECOND_MS	      /* DESIGN 1: idle for longer is taken over */
#define LIMIT_LEADER_TTL_MS (5 * SECOND_MS)   /* DESIGN 3 */
#define LIMIT_LEADER_RENEW_MS SECOND_MS	      /* DESIGN 3 */
#define LIMIT_STATUS_WRITES 3		      /* DESIGN 5: for a run that ends within 2 s */
#define LIMIT_LOCAL_AGENTS 1000		      /* SPEC 2.12 */
#define LIMIT_YAML_EXPANSION_BYTES (4 * MIB)  /* SPEC 21.5: what aliases make of a document */
#define LIMIT_YAML_NODES 100000		      /* keys and values of a document */
#define LIMIT_YAML_DOCUMENTS 10000	      /* of a text */
#define LIMIT_HEALTH_TURN_MS (10 * SECOND_MS) /* SPEC 2.3: the loop has turned within */
#define LIMIT_FILE_NOTICED_MS (10 * SECOND_MS) /* SPEC 2.4: a changed file is noticed */
#define LIMIT_RESTART_MS (30 * SECOND_MS)      /* SPEC 2.12: longest wait to restart a child */
#define LIMIT_METRIC_VALUES 1000  /* values of a label other than agent, then `other` */
#define LIMIT_METRIC_SERIES 10000 /* label sets of a metric, then all are `other` */

struct limits {
#define LIMIT(field, setting, who, type, initial, least, most, rule, help) int64_t field;
#include "base/limits.def"
#undef LIMIT
};

/* All defaults: for pure code, tests and the command line. */
extern const struct limits limits_default;

#endif
