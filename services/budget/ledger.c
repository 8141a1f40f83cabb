#include "budget/ledger.h"

#include "lang/price.h"
#include "lang/rfc3339.h"
#include "stream/keys.h"

enum { DAY_BYTES = 10 }; /* YYYY-MM-DD */

/* --- sums ----------------------------------------------------------------------------------- */

static struct ledger_sheet *sheet_of(struct ledger *l, struct str key, bool of_run)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_eq(l->sheets[i].key, key))
			return &l->sheets[i];
	l->sheets = arena_grow(l->arena, l->sheets, l->count, &l->cap, sizeof(*l->sheets));
	l->sheets[l->count] = (struct ledger_sheet){.key = key, .of_run = of_run};
	return &l->sheets[l->count++];
}

static struct usage_row *row_of(struct ledger *l, struct ledger_sheet *s, struct str scope,
				struct str name)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->rows[i].scope, scope) && str_eq(s->rows[i].name, name))
			return &s->rows[i];
	s->rows = arena_grow(l->arena, s->rows, s->count, &s->cap, sizeof(*s->rows));
	s->rows[s->count] = (struct usage_row){.scope = scope, .name = name};
	return &s->rows[s->count++];
}

static void count(struct usage_row *row, const struct usage_sum *call)
{
	row->sum.calls += call->calls;
	row->sum.estimated += call->estimated;
	row->sum.unpriced += call->unpriced;
	row->sum.input_tokens += call->input_tokens;
	row->sum.output_tokens += call->output_tokens;
	row->sum.micros += call->micros;
}

/* SPEC 15.4, 15.5 */
static struct usage_sum sum_of(const struct message *m)
{
	struct usage_sum sum = {.calls = 1,
				.estimated = m->estimated,
				.input_tokens = m->input_tokens,
				.output_tokens = m->output_tokens};
	struct price price;
	struct money cost;

	if (!price_static(m->model, &price)) {
		sum.unpriced = 1;
		return sum;
	}
	/* The largest count of tokens at the highest price is far below the largest money. */
	if (!money_cost(price, m->input_tokens, m->output_tokens, &cost))
		BROKEN("a call costs more than money can say");
	sum.micros = money_micros(cost);
	return sum;
}

static struct str day_of(struct arena *a, int64_t at_ms)
{
	AUTO_BUF text = BUF(32);

	rfc3339_add(&text, at_ms / 1000);
	return arena_str(a, str_sub(buf_str(&text), 0, DAY_BYTES));
}

static void keep_record(struct ledger *l, const struct message *m, int64_t micros)
{
	struct message record = *m;

	record.type = MSG_CALL_PRICED;
	record.cause = m->id;
	record.cost_micros = micros;
	l->priced = arena_grow(l->arena, l->priced, l->priced_count, &l->priced_cap,
			       sizeof(*l->priced));
	l->priced[l->priced_count++] = record;
}

void ledger_add(struct ledger *l, const struct message *m)
{
	struct usage_sum sum = sum_of(m);
	struct str day = key_usage_day(l->arena, m->namespace, day_of(l->arena, m->at_ms));
	struct ledger_sheet *s = sheet_of(l, day, false);

	keep_record(l, m, sum.micros);
	count(row_of(l, s, STR("all"), STR("")), &sum);
	count(row_of(l, s, STR("model"), m->model), &sum);
	if (m->team.len)
		count(row_of(l, s, STR("team"), m->team), &sum);
	if (m->agent.len)
		count(row_of(l, s, STR("agent"), m->agent), &sum);
	if (!m->run.len)
		return;
	s = sheet_of(l, key_usage_run(l->arena, m->namespace, m->run), true);
	count(row_of(l, s, STR("all"), STR("")), &sum);
	count(row_of(l, s, STR("model"), m->model), &sum);
	if (!sum.unpriced)
		return;
	l->unpriced = arena_grow(l->arena, l->unpriced, l->unpriced_count, &l->unpriced_cap,
				 sizeof(const struct message *));
	l->unpriced[l->unpriced_count++] = m;
}

void ledger_write(const struct ledger *l, const struct limits *limits, struct commit *c)
{
	for (size_t i = 0; i < l->priced_count; i++)
		commit_append(c, STR(STREAM_LEDGER), &l->priced[i]);
	for (size_t i = 0; i < l->count; i++) {
		const struct ledger_sheet *s = &l->sheets[i];

		usage_add(c, s->key,
			  s->of_run ? limits->spend_retention_ms
				    : limits->spend_sum_retention_ms,
			  s->rows, s->count);
	}
}

/* --- models without a price ----------------------------------------------------------------- */

static bool has_line(struct str lines, struct str line)
{
	struct str each;

	while (str_next(&lines, '\n', &each))
		if (str_eq(each, line))
			return true;
	return false;
}

static void note(struct commit *c, const struct message *m)
{
	struct message noted = {
		.type = MSG_RUN_NOTED,
		.cause = m->id,
		.trace = m->trace,
		.namespace = m->namespace,
		.run = m->run,
		.step = m->step,
		.team = m->team,
		.agent = m->agent,
		.reason = STR("UnknownModelPrice"),
		.message = arena_printf(c->command.arena,
					"model %.*s has no price; its calls count as 0",
					STR_ARG(m->model)),
	};

	commit_append(c, STR(STREAM_EVENTS), &noted);
}

/* All models of one run, so that its state is written once. */
static void tell_run(const struct ledger *l, size_t first, const struct limits *limits,
		     struct bag *bag, struct commit *c)
{
	const struct message *m = l->unpriced[first];
	struct str key = key_unpriced(l->arena, m->namespace, m->run), told;
	const struct bag_state *state = bag_state(bag, l->arena, key);

	if (!state)
		return;
	told = state->data;
	for (size_t i = first; i < l->unpriced_count; i++) {
		const struct message *o = l->unpriced[i];

		if (!str_eq(o->namespace, m->namespace) || !str_eq(o->run, m->run) ||
		    has_line(told, o->model))
			continue;
		note(c, o);
		told = told.len ? arena_printf(l->arena, "%.*s\n%.*s", STR_ARG(told),
					       STR_ARG(o->model))
				: o->model;
	}
	if (told.len == state->data.len)
		return;
	commit_state(c, key, state->version, told);
	commit_ttl(c, key, limits->spend_retention_ms);
}

void ledger_tell(const struct ledger *l, const struct limits *limits, struct bag *bag,
		 struct commit *c)
{
	for (size_t i = 0; i < l->unpriced_count; i++) {
		bool first = true;

		for (size_t j = 0; j < i && first; j++)
			first = !str_eq(l->unpriced[j]->run, l->unpriced[i]->run) ||
				!str_eq(l->unpriced[j]->namespace, l->unpriced[i]->namespace);
		if (first)
			tell_run(l, i, limits, bag, c);
	}
}
