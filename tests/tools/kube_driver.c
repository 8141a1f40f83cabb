/*
 * The client of the API server at the end of a pipe, for component tests: kube_driver KUBECONFIG PATH.
 * Watches the collection at PATH; what it is told goes out on stdout, one line each:
 *
 *	begin, object <name> <version>, deleted <name>, listed, failed <outcome> <words>
 *	warning <text>
 *
 * A line of stdin "METHOD PATH CONTENT-TYPE BODY" is sent as a request and answered by
 *
 *	answer <status> <outcome> <reason>
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kube/kube_watch.h"
#include "process/clock.h"
#include "process/metrics.h"

enum { LINE_MAX_BYTES = 1 << 20 };

static struct event_base *base;
static struct kube_client *client;
static struct buf input = {.max = LINE_MAX_BYTES};

static void on_begin(void *arg)
{
	(void)arg;
	puts("begin");
}

static void on_object(void *arg, const struct value *o, bool deleted)
{
	struct str name = value_text(value_path(o, "metadata.name"));
	struct str version = value_text(value_path(o, "metadata.resourceVersion"));

	(void)arg;
	if (deleted)
		printf("deleted %.*s\n", STR_ARG(name));
	else
		printf("object %.*s %.*s\n", STR_ARG(name), STR_ARG(version));
}

static void on_listed(void *arg)
{
	(void)arg;
	puts("listed");
}

static void on_failed(void *arg, enum kube_outcome outcome, struct str words)
{
	(void)arg;
	printf("failed %s: %.*s\n", kube_outcome_name(outcome), STR_ARG(words));
}

static void on_warning(void *arg, struct str text)
{
	(void)arg;
	printf("warning %.*s\n", STR_ARG(text));
}

static void on_answer(void *arg, const struct kube_answer *a)
{
	(void)arg;
	printf("answer %d %s %.*s\n", a->status, kube_outcome_name(a->outcome),
	       STR_ARG(a->reason));
}

static void send_line(struct str line)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str method, path, type;
	struct kube_request r = {.done = on_answer};

	if (!str_next(&line, ' ', &method) || !str_next(&line, ' ', &path) ||
	    !str_next(&line, ' ', &type))
		return;
	r.method = arena_str(&a, method).ptr;
	r.path = path;
	r.content_type = arena_str(&a, type).ptr;
	if (line.len)
		r.body = line;
	kube_send(client, &r, NULL);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	char *room = buf_room(&input, 65536);
	ssize_t n = room ? read((int)fd, room, 65536) : 0;
	size_t end;

	(void)what, (void)arg;
	if (n <= 0) {
		event_base_loopexit(base, NULL);
		return;
	}
	buf_added(&input, (size_t)n);
	while ((end = str_chr(buf_str(&input), '\n', 0)) != STR_NONE) {
		send_line(str_sub(buf_str(&input), 0, end));
		buf_drop(&input, end + 1);
	}
}

static void watch_on(const char *path, struct metrics *metrics)
{
	struct kube_watch_metrics watch_metrics = kube_watch_declare(metrics);
	const struct kube_watch_plan plan = {.client = client,
					     .path = str_of(path),
					     .what = "things",
					     .metrics = &watch_metrics,
					     .begin = on_begin,
					     .object = on_object,
					     .listed = on_listed,
					     .failed = on_failed};
	struct kube_watch *watch = kube_watch_new(base, &plan);
	struct event *in = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, NULL);

	event_add(in, NULL);
	event_base_dispatch(base);
	event_free(in);
	kube_watch_free(watch);
	buf_release(&input);
}

int main(int argc, char **argv)
{
	const struct kube_config_choice choice = {.file = str_of(argc == 3 ? argv[1] : "")};
	struct kube_client_plan plan = {.user_agent = "kube-driver", .warning = on_warning};
	struct metrics *metrics = metrics_new(10);
	struct kube_config config = {.arena = ARENA_INIT};
	struct why why = {"usage: kube_driver KUBECONFIG PATH"};
	int status = 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	base = event_base_new();
	clock_attach(base);
	plan.config = &config;
	if (argc == 3 && !kube_config_load(&config, &choice, &why) &&
	    !kube_client_new(base, &plan, metrics, &client, &why)) {
		watch_on(argv[2], metrics);
		status = 0;
	} else {
		fprintf(stderr, "%s\n", why.text);
	}
	kube_client_free(client);
	kube_config_release(&config);
	clock_attach(NULL);
	event_base_free(base);
	metrics_free(metrics);
	return status;
}
