/*
 * Welcome to ark-watcher: the eyes of the suite.
 *
 * It reads the world (the API server, api.c; in local mode a folder of manifests, folder.c) and
 * tells the others about each object that is new, different or gone (publish.c). It decides
 * nothing and writes nothing but `objects` and `snapshot`. Of several watchers one leads; the
 * others wait.
 */
#include "process/process.h"
#include "stream/keys.h"
#include "stream/link.h"
#include "watcher/api.h"
#include "watcher/folder.h"
#include "watcher/local.h"
#include "watcher/publish.h"

struct watcher_settings {
	struct str_list objects_dir, namespaces;
	struct str state_dir, prices;
};

struct watcher {
	struct watcher_settings settings;
	struct process *process;
	struct link *link;
	struct publish *publish;
	struct folder *folder; /* local mode; else NULL */
	struct kube_config kube;
	struct kube_client *client;
	struct api *api;
	struct seal_keys keys;
	struct condition *published;
};

#define AT(type, member) SETTING_AT_##type(struct watcher_settings, member)
static const struct setting rows[] = {
	{.name = "ARK_OBJECTS_DIR",
	 .type = SETTING_LIST,
	 .at = AT(LIST, objects_dir),
	 .help = "local mode: files and directories with objects, separated by commas"},
	{.name = "ARK_STATE_DIR",
	 .type = SETTING_STRING,
	 .at = AT(STR, state_dir),
	 .help = "local mode: directory with generated secrets and tokens"},
	{.name = "ARK_WATCH_NAMESPACES",
	 .type = SETTING_LIST,
	 .at = AT(LIST, namespaces),
	 .help = "namespaces to watch, separated by commas; empty: all"},
	{.name = "ARK_COST_CONFIGMAP",
	 .type = SETTING_STRING,
	 .at = AT(STR, prices),
	 .help = "ConfigMap with prices, in the namespace of the suite"},
};

/* --- what the source and Redis say ---------------------------------------------------------------- */

static void on_said(void *arg, const struct said *said)
{
	struct watcher *w = arg;

	if (local_say(w->publish, said))
		condition_met(w->published);
}

static void on_leading(void *arg)
{
	struct watcher *w = arg;

	if (w->api)
		api_start(w->api, w->publish);
	else
		folder_read(w->folder);
}

static void on_retired(void *arg)
{
	struct watcher *w = arg;

	if (w->api)
		api_stop(w->api);
}

/* Another one tells what there is: all that we could be ready for. */
static void on_standby(void *arg)
{
	struct watcher *w = arg;

	condition_met(w->published);
}

static void on_done(void *arg)
{
	struct watcher *w = arg;

	if (w->api)
		api_published(w->api);
	else
		condition_met(w->published);
}

static void on_stepped_down(void *arg)
{
	struct watcher *w = arg;

	process_drained(w->process);
}

static void on_complete(void *arg)
{
	struct watcher *w = arg;

	condition_met(w->published);
}

static void on_missing(void *arg, struct str reason)
{
	struct watcher *w = arg;

	condition_missing(w->published, reason);
}

static void on_up(void *arg, bool changed)
{
	struct watcher *w = arg;

	(void)changed;
	publish_up(w->publish);
}

static void on_down(void *arg)
{
	struct watcher *w = arg;

	publish_down(w->publish);
}

static void on_warning(void *arg, struct str text)
{
	(void)arg;
	log_warn("the API server warns", LOG_STR("text", text));
}

/* --- life ------------------------------------------------------------------------------------------ */

static enum fail start_folder(struct watcher *w, struct why *why)
{
	struct folder_plan folder = {.paths = w->settings.objects_dir,
				     .state_dir = w->settings.state_dir,
				     .keys = &w->keys,
				     .said = on_said,
				     .arg = w};

	if (!w->settings.objects_dir.count)
		return failf(why, FAIL_INPUT, "ARK_OBJECTS_DIR: needed in local mode");
	return folder_new(w->process->base, &folder, &w->folder, why);
}

static enum fail start_api(struct watcher *w, struct why *why)
{
	const struct kube_config_choice choice = {.may_exec = false};
	struct kube_client_plan client = {.config = &w->kube,
					  .user_agent = "ark-watcher/" ARK_VERSION,
					  .warning = on_warning,
					  .arg = w};
	struct api_plan api = {.keys = &w->keys,
			       .namespaces = w->settings.namespaces,
			       .system_namespace = w->process->settings.system_namespace,
			       .prices = w->settings.prices,
			       .complete = on_complete,
			       .missing = on_missing,
			       .arg = w};
	enum fail f = kube_config_load(&w->kube, &choice, why);

	if (!f)
		f = kube_client_new(w->process->base, &client, w->process->metrics, &w->client,
				    why);
	if (f)
		return f;
	api.client = w->client;
	w->api = api_new(w->process->base, &api, w->process->metrics);
	return FAIL_NONE;
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct watcher *w = arg;
	bool local = p->settings.mode == MODE_LOCAL;
	struct link_plan link = {.loads_library = true, .up = on_up, .down = on_down, .arg = w};
	struct publish_plan publish = {.key = local ? KEY_SNAPSHOT : KEY_VERSIONS,
				       .learn = local ? local_learn : api_learn,
				       .leading = on_leading,
				       .retired = on_retired,
				       .standby = on_standby,
				       .done = on_done,
				       .stepped_down = on_stepped_down,
				       .arg = w};
	enum fail f = FAIL_NONE;

	w->process = p;
	w->published = process_condition(p, "objects");
	if (p->settings.seal_key_file.len)
		f = seal_keys_read(p->settings.seal_key_file, &w->keys, why);
	else
		log_warn("without ARK_SEAL_KEY_FILE no Secret is published");
	if (!f)
		f = local ? start_folder(w, why) : start_api(w, why);
	if (!f)
		f = link_new(p, &link, &w->link, why);
	if (f)
		return f;
	publish.commands = link_commands(w->link);
	publish.me = link_name(w->link);
	w->publish = publish_new(p->base, &publish, p->metrics);
	return FAIL_NONE;
}

static void drain(struct process *p, void *arg)
{
	struct watcher *w = arg;

	(void)p;
	publish_step_down(w->publish);
}

static void stop(struct process *p, void *arg)
{
	struct watcher *w = arg;

	(void)p;
	link_free(w->link);
	api_free(w->api);
	kube_client_free(w->client);
	kube_config_release(&w->kube);
	publish_free(w->publish);
	folder_free(w->folder);
	seal_keys_wipe(&w->keys);
}

int main(int argc, char **argv)
{
	struct watcher w = {.process = NULL};
	const struct settings_table tables[] = {
		{.title = "Objects",
		 .rows = rows,
		 .count = sizeof(rows) / sizeof(rows[0]),
		 .into = &w.settings},
	};
	const struct process_plan plan = {
		.name = "ark-watcher",
		.about = "Reads objects and tells the suite what changed.",
		.tables = tables,
		.table_count = 1,
		.start = start,
		.drain = drain,
		.stop = stop,
		.arg = &w,
	};

	return process_main(&plan, argc, argv);
}
