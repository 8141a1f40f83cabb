/* GET /runs/{namespace}/{name}, and .../steps/{step}/output (SPEC 13.2, 13.9, 13.10). */
#include <stdlib.h>

#include "gateway/run_open.h"
#include "runs/run_view.h"

static void on_run(void *arg, struct exchange *x, const struct run_record *record,
		   bool is_admin)
{
	AUTO_BUF json = BUF(SIZE_MAX / 2);
	struct http_field headers[2];
	size_t n = run_headers(record->run.name, false, headers);

	(void)arg;
	(void)is_admin;
	run_view_json(&json, &record->run, record->text, NULL);
	exchange_reply(x, 200, "application/json", buf_str(&json), headers, n);
}

void run_handler(void *arg, struct exchange *x)
{
	const struct run_opening o = {
		.g = arg, .x = x, .pick = run_pick_output, .fn = on_run, .arg = arg};

	run_open(&o);
}

/* --- outputs ------------------------------------------------------------------------------------------- */

struct output_call {
	struct arena arena;
	struct str step;
};

static void output_free(void *arg)
{
	struct output_call *c = arg;

	arena_release(&c->arena);
	free(c);
}

/* `-` is the run itself. */
static const struct kept_text *pick_output(void *arg, const struct run *r)
{
	const struct output_call *c = arg;

	if (str_is(c->step, "-"))
		return r->phase == RUN_SUCCEEDED ? &r->output : NULL;
	for (size_t i = 0; i < r->step_count; i++)
		if (str_eq(r->steps[i].name, c->step) && r->steps[i].phase == STEP_SUCCEEDED)
			return &r->steps[i].output;
	return NULL;
}

static void on_output(void *arg, struct exchange *x, const struct run_record *record,
		      bool is_admin)
{
	struct output_call *c = arg;
	struct http_field headers[2];
	size_t n = run_headers(record->run.name, false, headers);

	(void)is_admin;
	if (record->text_gone)
		run_refuse(x, 410, record->run.name, "the output is no longer kept");
	else if (!record->text.ptr)
		run_refuse(x, 404, record->run.name, "there is no such step that has finished");
	else
		exchange_reply(x, 200, "text/plain; charset=utf-8", record->text, headers, n);
	output_free(c);
}

void output_handler(void *arg, struct exchange *x)
{
	struct output_call *c = xcalloc(1, sizeof(*c));
	const struct run_opening o = {.g = arg,
				      .x = x,
				      .pick = pick_output,
				      .fn = on_output,
				      .given_up = output_free,
				      .arg = c};

	c->step = arena_str(&c->arena, exchange_param(x, "step"));
	run_open(&o);
}
