#include "cli/redis_at.h"

#include "stream/keys.h"

static struct str state_dir(const struct cli *c)
{
	return c->common.state_dir.len ? c->common.state_dir : STR(".ark");
}

int redis_at_up_file(struct cli *c, struct up_file *ret)
{
	struct why why;

	*ret = (struct up_file){.ports = value_nil};
	if (c->common.redis_url.len && !c->common.local)
		return EXIT_GOOD;
	if (up_file_read(&c->arena, state_dir(c), ret, &why))
		return cli_fail(c, EXIT_MISSING, "%s", why.text);
	return EXIT_GOOD;
}

int redis_at_open(struct cli *c, struct redis_sync **ret)
{
	struct redis_options options = {.name = STR("ark"),
					.password_file = c->common.redis_password_file};
	const struct redis_server *server;
	struct str text = c->common.redis_url;
	struct redis_url url;
	struct up_file up;
	struct why why;
	int code = redis_at_up_file(c, &up);

	if (code)
		return code;
	if (up.redis_url.len)
		text = up.redis_url;
	if (redis_url_parse(&c->arena, text, &url, &why))
		return cli_fail(c, EXIT_USAGE, "--redis-url: %s", why.text);
	options.url = &url;
	*ret = redis_sync_new(&options);
	if (!redis_sync_connect(*ret, REDIS_AT_WAIT_MS, &server, &why))
		return EXIT_GOOD;
	redis_sync_free(*ret);
	*ret = NULL;
	return cli_fail(c, EXIT_MISSING, "%s", why.text);
}

void redis_at_clean(struct arena *a, struct str text, struct buf *out)
{
	struct redis_url url;

	if (!redis_url_parse(a, text, &url, NULL))
		redis_url_print(&url, out);
}

int redis_ask(struct cli *c, struct redis_sync *r, const struct command *command,
	      const struct reply **ret)
{
	struct why why;
	enum fail f = redis_sync_send(r, &c->arena, command, REDIS_AT_WAIT_MS, ret, &why);

	if (!f)
		f = reply_check(*ret, &why);
	return f ? cli_fail(c, EXIT_MISSING, "Redis: %s", why.text) : EXIT_GOOD;
}

int redis_ask_key(struct cli *c, struct redis_sync *r, const char *name, struct str key,
		  const char *const *more, const struct reply **ret)
{
	struct command command = command_begin(&c->arena, name);

	command_add(&command, key_full(&c->arena, key));
	for (; more && *more; more++)
		command_adds(&command, *more);
	return redis_ask(c, r, &command, ret);
}
