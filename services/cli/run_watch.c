#include "cli/run_watch.h"

#include "base/utf8.h"

static void add_seconds(struct buf *b, int64_t ms)
{
	buf_addf(b, "%lld.%llds", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
}

static void add_step(struct buf *b, struct str step)
{
	buf_adds(b, "  ");
	buf_add(b, step);
	for (size_t n = utf8_count(step); n < WATCH_NAME_COLUMNS; n++)
		buf_addc(b, ' ');
	buf_addc(b, ' ');
}

/* The beginning of an answer, on one line. */
static void add_preview(struct buf *b, struct str output)
{
	struct str first = utf8_first(output, WATCH_OUTPUT_CHARACTERS);

	buf_adds(b, "    \u2514\u2500 ");
	for (size_t i = 0; i < first.len; i++)
		buf_addc(b, first.ptr[i] == '\n' || first.ptr[i] == '\r' ? ' ' : first.ptr[i]);
	buf_addc(b, '\n');
}

static void add_end(struct buf *b, const char *word, const struct message *m)
{
	buf_addf(b, "Flow %s in ", word);
	add_seconds(b, m->duration_ms);
	buf_addf(b, " \u2014 total: %lld tokens\n",
		 (long long)(m->input_tokens + m->output_tokens));
}

bool run_watch_is_end(const struct message *m)
{
	return m->type == MSG_FLOW_COMPLETED || m->type == MSG_FLOW_FAILED;
}

void run_watch_add(struct buf *b, const struct message *m)
{
	if (m->type == MSG_STEP_STARTED) {
		add_step(b, m->step);
		buf_adds(b, "[running]\n");
	} else if (m->type == MSG_STEP_COMPLETED) {
		add_step(b, m->step);
		buf_addf(b, "[done]    %lld tokens  ",
			 (long long)(m->input_tokens + m->output_tokens));
		add_seconds(b, m->duration_ms);
		buf_addc(b, '\n');
		add_preview(b, m->output);
	} else if (m->type == MSG_STEP_SKIPPED) {
		add_step(b, m->step);
		buf_adds(b, "[skipped]\n");
	} else if (m->type == MSG_STEP_FAILED) {
		add_step(b, m->step);
		buf_adds(b, "[failed]  ");
		buf_add(b, m->message.len ? m->message : m->reason);
		buf_addc(b, '\n');
	} else if (m->type == MSG_FLOW_COMPLETED) {
		add_end(b, "Succeeded", m);
	} else if (m->type == MSG_FLOW_FAILED) {
		add_end(b, "Failed", m);
	}
}
