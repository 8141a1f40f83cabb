#include "runner/deciding.h"

#include "base/utf8.h"
#include "stream/keys.h"

struct message about_run(const struct deciding *d, enum message_type type)
{
	return (struct message){
		.type = type,
		.cause = d->m->id,
		.trace = d->run->trace,
		.namespace = d->run->namespace,
		.run = d->run->name,
		.team = d->run->team.len ? d->run->team : str_n(NULL, 0),
		.agent = d->run->agent.len ? d->run->agent : str_n(NULL, 0),
	};
}

void tell_readers(struct deciding *d, struct message *m)
{
	commit_show(d->c, d->run->namespace, d->run->name, d->w->limits, m);
}

void tell_events(struct deciding *d, struct message *m)
{
	commit_append(d->c, STR(STREAM_EVENTS), m);
}

struct str short_message(struct deciding *d, struct str text)
{
	AUTO_BUF clean = BUF(RUN_MESSAGE_BYTES * sizeof("\xef\xbf\xbd"));

	text = utf8_cut(text, RUN_MESSAGE_BYTES);
	if (utf8_valid(text))
		return arena_str(d->a, text);
	utf8_clean(&clean, text);
	return arena_str(d->a, utf8_cut(buf_str(&clean), RUN_MESSAGE_BYTES));
}

void note(struct deciding *d, struct str step, const char *reason, struct str message)
{
	struct message m = about_run(d, MSG_RUN_NOTED);

	if (step.len)
		m.step = step;
	m.reason = str_of(reason);
	if (message.len)
		m.message = short_message(d, message);
	tell_events(d, &m);
}

struct str timer_name(struct deciding *d, const char *what, struct str step, int64_t number)
{
	return arena_printf(d->a, "%s|%.*s.%.*s|%.*s|%lld", what, STR_ARG(d->run->namespace),
			    STR_ARG(d->run->name), STR_ARG(step), (long long)number);
}
