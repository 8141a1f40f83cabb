/*
 * Welcome to ark-watcher: the eyes of the suite.
 *
 * It reads the world (in local mode a folder of manifests, folder.c) and tells the others about
 * each object that is new, different or gone (publish.c). It decides nothing and writes nothing
 * but `objects` and `snapshot`. Of several watchers one leads; the others wait.
 */
#include "process/process.h"
#include "stream/link.h"
#include "watcher/folder.h"
#include "watcher/publish.h"

struct watcher_settings {
	struct str_list objects_dir;
	struct str state_dir;
};

struct watcher {
	struct watcher_settings settings;
	struct process *process;
	struct link *link;
	struct publish *publish;
	struct folder *folder;
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
};

static void on_said(void *arg, const struct said *said)
{
	struct watcher *w = arg;

	publish_say(w->publish, said);
}

static void on_leading(void *arg)
{
	struct watcher *w = arg;

	folder_read(w->folder);
}

static void on_done(void *arg)
{
	struct watcher *w = arg;

	condition_met(w->published);
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

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct watcher *w = arg;
	struct link_plan link = {.loads_library = true, .up = on_up, .down = on_down, .arg = w};
	struct publish_plan publish = {.leading = on_leading, .done = on_done, .arg = w};
	struct folder_plan folder = {.paths = w->settings.objects_dir,
				     .state_dir = w->settings.state_dir,
				     .keys = &w->keys,
				     .said = on_said,
				     .arg = w};
	enum fail f = FAIL_NONE;

	w->process = p;
	w->published = process_condition(p, "objects");
	if (p->settings.mode != MODE_LOCAL)
		return failf(why, FAIL_INPUT,
			     "ARK_MODE: this release reads a folder of manifests; "
			     "set ARK_MODE=local and ARK_OBJECTS_DIR");
	if (!w->settings.objects_dir.count)
		return failf(why, FAIL_INPUT, "ARK_OBJECTS_DIR: needed in local mode");
	if (p->settings.seal_key_file.len)
		f = seal_keys_read(p->settings.seal_key_file, &w->keys, why);
	else
		log_warn("without ARK_SEAL_KEY_FILE no Secret is published");
	if (!f)
		f = link_new(p, &link, &w->link, why);
	if (f)
		return f;
	publish.commands = link_commands(w->link);
	publish.me = link_name(w->link);
	w->publish = publish_new(p->base, &publish, p->metrics);
	return folder_new(p->base, &folder, &w->folder, why);
}

static void drain(struct process *p, void *arg)
{
	struct watcher *w = arg;

	publish_step_down(w->publish);
	process_drained(p);
}

static void stop(struct process *p, void *arg)
{
	struct watcher *w = arg;

	(void)p;
	link_free(w->link);
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
