/* The rows that every daemon has: Redis, health port, mode, log, limits. SPEC 2.5, 23.1. */
#include "process/settings.h"

#include <fcntl.h>
#include <unistd.h>

#include "process/log.h"

#define AT(type, member) SETTING_AT_##type(struct common_settings, member)

static const struct setting common_rows[] = {
	{.name = "ARK_REDIS_URL",
	 .alias = "TASK_QUEUE_URL",
	 .type = SETTING_URL,
	 .at = AT(STR, redis_url),
	 .initial = "redis://127.0.0.1:6379/0",
	 .help = "Redis: redis://, rediss:// (TLS), unix:///path?db=0 or "
		 "redis+sentinel://h1:p,h2:p/<master>/<db>",
	 .flags = SETTING_REQUIRED},
	{.name = "ARK_REDIS_PASSWORD_FILE",
	 .type = SETTING_FILE,
	 .at = AT(STR, redis_password_file),
	 .help = "file with the Redis password"},
	{.name = "SPEND_STORE_URL",
	 .type = SETTING_URL,
	 .at = AT(STR, spend_store_url),
	 .help = "must equal ARK_REDIS_URL when it is set: one Redis holds all",
	 .flags = SETTING_HIDDEN},
	{.name = "STREAM_CHANNEL_URL",
	 .type = SETTING_URL,
	 .at = AT(STR, stream_channel_url),
	 .help = "must equal ARK_REDIS_URL when it is set: one Redis holds all",
	 .flags = SETTING_HIDDEN},
	{.name = "ARK_HTTP_ADDR",
	 .alias = "AGENT_HTTP_ADDR",
	 .type = SETTING_ADDR,
	 .at = AT(STR, http_addr),
	 .initial = ":8081",
	 .help = "address of /healthz, /readyz and /metrics; empty: none"},
	{.name = "ARK_SYSTEM_NAMESPACE",
	 .type = SETTING_STRING,
	 .at = AT(STR, system_namespace),
	 .help = "namespace of the suite; empty: the pod's own, else ark-system",
	 .only = "reconciler watcher"},
	{.name = "ARK_MODE",
	 .type = SETTING_ENUM,
	 .at = AT(ENUM, mode),
	 .choices = "cluster local",
	 .initial = "cluster",
	 .help = "cluster, or local: one machine without Kubernetes"},
	{.name = "ARK_LOG_LEVEL",
	 .type = SETTING_ENUM,
	 .at = AT(ENUM, log_level),
	 .choices = "debug info warn error",
	 .initial = "info",
	 .help = "the least important lines that are written"},
	{.name = "OTEL_EXPORTER_OTLP_ENDPOINT",
	 .type = SETTING_URL,
	 .at = AT(STR, otel_endpoint),
	 .help = "base URL for OTLP over HTTP, given to workers; the suite itself exports no "
		 "traces in this release",
	 .only = "reconciler"},
	{.name = "ARK_SEAL_KEY_FILE",
	 .type = SETTING_FILE,
	 .at = AT(STR, seal_key_file),
	 .help = "key that seals Secret values on their way between processes",
	 .only = "agent gateway notifier watcher"},
	{.name = "ARK_PARENT_PID",
	 .type = SETTING_INT,
	 .at = AT(INT, parent_pid),
	 .most = INT32_MAX,
	 .help = "process whose end ends this one; 0: none"},
	{.name = "ARK_PROCESS_NAME",
	 .alias = "POD_NAME",
	 .type = SETTING_STRING,
	 .at = AT(STR, process_name),
	 .help = "name of this process, unique among live ones; empty: made from host and pid"},
};

/* The namespace that this pod runs in, as Kubernetes mounts it; else ark-system. */
static struct str own_namespace(struct arena *a)
{
	static const char path[] = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n;

	if (fd < 0)
		return STR("ark-system");
	n = read(fd, text, sizeof(text));
	close(fd);
	return n > 0 ? arena_str(a, str_trim(str_n(text, (size_t)n))) : STR("ark-system");
}

static enum fail common_check(void *into, struct arena *a, struct why *why)
{
	struct common_settings *s = into;

	if (s->spend_store_url.len && !str_eq(s->spend_store_url, s->redis_url))
		return failf(why, FAIL_INPUT,
			     "SPEND_STORE_URL differs from ARK_REDIS_URL: one Redis holds all");
	if (s->stream_channel_url.len && !str_eq(s->stream_channel_url, s->redis_url))
		return failf(why, FAIL_INPUT,
			     "STREAM_CHANNEL_URL differs from ARK_REDIS_URL: one Redis holds "
			     "all");
	if (!s->system_namespace.len)
		s->system_namespace = own_namespace(a);
	return FAIL_NONE;
}

static const struct setting limit_rows[] = {
#define LIMIT(field, setting, who, kind, number, from, to, rule, text)                         \
	{.name = (setting),                                                                    \
	 .type = SETTING_##kind,                                                               \
	 .at = SETTING_AT_INT(struct limits, field),                                           \
	 .initial_number = (number),                                                           \
	 .least = (from),                                                                      \
	 .most = (to),                                                                         \
	 .help = text " (" rule ")",                                                           \
	 .only = (who)},
#include "base/limits.def"
#undef LIMIT
};

struct settings_table settings_common(struct common_settings *into)
{
	return (struct settings_table){
		.title = "Common",
		.rows = common_rows,
		.count = sizeof(common_rows) / sizeof(common_rows[0]),
		.into = into,
		.check = common_check,
	};
}

struct settings_table settings_limits(struct limits *into)
{
	return (struct settings_table){
		.title = "Limits",
		.rows = limit_rows,
		.count = sizeof(limit_rows) / sizeof(limit_rows[0]),
		.into = into,
	};
}
