#include "gateway/run_open.h"

#include <stdlib.h>

struct opening {
	struct run_opening o;
	struct arena arena;
	struct str namespace, name;
	bool is_admin;
	struct str token;    /* of a trigger; wiped by nobody: it came from outside */
	struct str ancestor; /* run whose trigger is asked for next */
	int64_t depth;
};

static void opening_free(struct opening *p)
{
	arena_release(&p->arena);
	free(p);
}

static void give_up(struct opening *p)
{
	if (p->o.given_up)
		p->o.given_up(p->o.arg);
	opening_free(p);
}

static void on_close(void *arg)
{
	struct opening *p = arg;

	p->o.x = NULL;
}

static struct exchange *take_exchange(struct opening *p)
{
	struct exchange *x = p->o.x;

	exchange_on_close(x, NULL, NULL);
	p->o.x = NULL;
	return x;
}

static void refuse_unknown(struct opening *p)
{
	exchange_reply_error(take_exchange(p), 404,
			     "there is no run '%.*s' in namespace '%.*s'", STR_ARG(p->name),
			     STR_ARG(p->namespace));
	give_up(p);
}

/* True: the record can be used. */
static bool is_loaded(struct opening *p, enum fail f, const struct why *why)
{
	if (!p->o.x) {
		give_up(p);
		return false;
	}
	if (!f)
		return true;
	if (f == FAIL_BUSY) {
		gateway_refuse_away(take_exchange(p));
	} else {
		log_error("run cannot be read", LOG_STR("namespace", p->namespace),
			  LOG_STR("run", p->name), LOG_WHY(why));
		exchange_reply_error(take_exchange(p), 500, "the run cannot be read");
	}
	give_up(p);
	return false;
}

/* --- the run itself ------------------------------------------------------------------------------------- */

static const struct kept_text *pick(void *arg, const struct run *r)
{
	struct opening *p = arg;

	return p->o.pick ? p->o.pick(p->o.arg, r) : NULL;
}

static void on_run(void *arg, enum fail f, const struct run_record *record,
		   const struct why *why)
{
	struct opening *p = arg;

	if (!is_loaded(p, f, why))
		return;
	if (record->found == RUN_NOT_THERE) {
		refuse_unknown(p);
		return;
	}
	p->o.fn(p->o.arg, take_exchange(p), record, p->is_admin);
	opening_free(p);
}

static void open_run(struct opening *p)
{
	run_load(gateway_commands(p->o.g), p->namespace, p->name, pick, on_run, p);
}

/* --- whose it is: a child run belongs to the trigger of its root (SPEC 13.3) ------------------------------ */

static void on_ancestor(void *arg, enum fail f, const struct run_record *record,
			const struct why *why);

static void ask_ancestor(struct opening *p)
{
	run_load(gateway_commands(p->o.g), p->namespace, p->ancestor, NULL, on_ancestor, p);
}

static void on_ancestor(void *arg, enum fail f, const struct run_record *record,
			const struct why *why)
{
	struct opening *p = arg;
	const struct run *r;

	if (!is_loaded(p, f, why))
		return;
	r = &record->run;
	if (record->found != RUN_NOT_THERE && r->parent.len &&
	    p->depth++ < p->o.g->process->limits.child_run_depth) {
		p->ancestor = arena_str(&p->arena, r->parent);
		ask_ancestor(p);
	} else if (record->found != RUN_NOT_THERE && !r->parent.len && r->trigger.len &&
		   access_is_event(&p->o.g->access, p->namespace, r->trigger, p->token)) {
		open_run(p);
	} else {
		refuse_unknown(p);
	}
}

void run_open(const struct run_opening *o)
{
	struct opening *p;
	enum credential who;

	if (!gateway_may_log_in(o->g, o->x)) {
		if (o->given_up)
			o->given_up(o->arg);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->o = *o;
	p->namespace = arena_str(&p->arena, exchange_param(o->x, "namespace"));
	p->name = arena_str(&p->arena, exchange_param(o->x, "name"));
	p->token = arena_str(&p->arena, access_token(o->x));
	who = access_of(&o->g->access, p->namespace, STR(""), p->token);
	if (who == CREDENTIAL_NONE) {
		gateway_refuse_login(o->g, o->x, "a valid bearer token is needed");
		give_up(p);
		return;
	}
	exchange_on_close(o->x, on_close, p);
	p->is_admin = who == CREDENTIAL_ADMIN;
	p->ancestor = p->name;
	if (p->is_admin)
		open_run(p);
	else
		ask_ancestor(p);
}
