/* Which daemons there are, and what each is started with (SPEC 2.12, DESIGN 5). */
#include "cli/suite_inner.h"

#include <unistd.h>

const struct suite_daemon suite_daemons[] = {
	{.name = "ark-agent",
	 .port = 0,
	 .in_run = true,
	 .required = true,
	 .calls_models = true,
	 .opens_secrets = true},
	{.name = "ark-watcher",
	 .port = 1,
	 .in_run = true,
	 .required = true,
	 .opens_secrets = true},
	{.name = "ark-reconciler", .port = 2, .opens_secrets = true},
	{.name = "ark-runner",
	 .port = 3,
	 .in_run = true,
	 .required = true,
	 .calls_models = true,
	 .opens_secrets = true},
	{.name = "ark-budget", .port = 4, .in_run = true},
	{.name = "ark-notifier", .port = 5, .opens_secrets = true},
	{.name = "ark-gateway", .port = 6, .opens_secrets = true},
};
const size_t suite_daemon_count = sizeof(suite_daemons) / sizeof(suite_daemons[0]);

static void set_address(struct suite *s, struct environment *e, const char *name, int port)
{
	environment_set(e, name,
			s->plan.temporary ? STR("")
					  : arena_printf(s->arena, "127.0.0.1:%lld",
							 (long long)s->plan.port_base + port));
}

struct str suite_local_url(const struct suite *s, struct arena *a, int port)
{
	return arena_printf(a, "http://127.0.0.1:%lld", (long long)s->plan.port_base + port);
}

/* Each gets what it needs and no secret beyond (DESIGN 5). */
static const char *const *daemon_environment(struct suite *s, const struct suite_daemon *d)
{
	static const char *const keys[] = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"};
	static const char *const other_redis[] = {"TASK_QUEUE_URL", "SPEND_STORE_URL",
						  "STREAM_CHANNEL_URL", "POD_NAME",
						  "AGENT_HTTP_ADDR"};
	struct environment *e = ARENA_NEW(s->arena, struct environment);

	environment_copy(e, s->arena, s->plan.env);
	for (size_t i = 0; i < sizeof(other_redis) / sizeof(other_redis[0]); i++)
		environment_unset(e, other_redis[i]);
	for (size_t i = 0; !d->calls_models && i < sizeof(keys) / sizeof(keys[0]); i++)
		environment_unset(e, keys[i]);
	environment_set(e, "ARK_MODE", STR("local"));
	environment_set(e, "ARK_REDIS_URL", s->redis_url);
	environment_set(e, "ARK_REDIS_PASSWORD_FILE",
			s->owns_redis ? STR("") : s->plan.redis_password_file);
	environment_set(e, "ARK_PROCESS_NAME", str_of(d->name));
	environment_set(e, "ARK_PARENT_PID", arena_printf(s->arena, "%ld", (long)getpid()));
	environment_set(e, "ARK_OBJECTS_DIR", s->plan.objects);
	environment_set(e, "ARK_STATE_DIR", s->plan.dir);
	environment_set(e, "ARK_SEAL_KEY_FILE",
			d->opens_secrets ? suite_secret(s, SECRET_SEAL_KEY) : STR(""));
	environment_set(e, "ARK_ADMIN_TOKEN_FILE", suite_secret(s, SECRET_ADMIN_TOKEN));
	set_address(s, e, "ARK_HTTP_ADDR", d->port);
	set_address(s, e, "ARK_TRIGGER_ADDR", PORT_TRIGGERS);
	set_address(s, e, "ARK_MCP_ADDR", PORT_MCP);
	if (!s->plan.temporary) {
		environment_set(e, "ARK_TRIGGER_URL",
				suite_local_url(s, s->arena, PORT_TRIGGERS));
		environment_set(e, "ARK_MCP_URL", suite_local_url(s, s->arena, PORT_MCP));
	}
	return environment_list(e);
}

static bool is_wanted(const struct suite *s, const struct suite_daemon *d)
{
	return !s->plan.temporary || d->in_run;
}

struct str suite_daemon_path(struct suite *s, const struct suite_daemon *d)
{
	return arena_printf(s->arena, "%.*s/%s", STR_ARG(s->bin), d->name);
}

void suite_start_daemons(struct suite *s)
{
	s->launched = true;
	for (size_t i = 0; i < suite_daemon_count; i++) {
		const struct suite_daemon *d = &suite_daemons[i];
		struct str path = suite_daemon_path(s, d);
		const char *const argv[] = {path.ptr, NULL};
		struct child_plan plan = {
			.name = str_of(d->name),
			.argv = argv,
			.log_path = suite_log_of(s, str_of(d->name)),
			.restart = !s->plan.temporary,
		};
		struct why why;

		if (!is_wanted(s, d) || access(path.ptr, X_OK) != 0)
			continue;
		plan.env = daemon_environment(s, d);
		if (supervisor_start(s->supervisor, &plan, &why)) {
			suite_fail(s, EXIT_MISSING, "%s", why.text);
			return;
		}
		s->daemons[i] = (struct suite_child){.started = true};
	}
	s->plan.started(s->plan.arg);
}
