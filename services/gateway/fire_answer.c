/* What a fire is answered, and what its idempotency key remembers: SPEC 13.6 to 13.8. */
#include "gateway/fire.h"

#include "base/json.h"
#include "lang/rfc3339.h"

enum { ANSWER_BYTES = 64 << 10 };

static void open_answer(struct fire *f, struct buf *b, bool fired)
{
	AUTO_BUF time = BUF(64);

	json_open(b, '{');
	json_member_bool(b, "fired", fired);
	if (fired) {
		rfc3339_add(&time, f->now_ms / 1000);
		json_member_str(b, "firedAt", buf_str(&time));
	}
	json_member_str(b, "trigger", f->name);
}

struct str fire_answer(struct fire *f)
{
	AUTO_BUF b = BUF(ANSWER_BYTES);

	open_answer(f, &b, true);
	json_member_int(&b, "targets", (int64_t)f->run_count);
	json_key(&b, "runs");
	json_open(&b, '[');
	for (size_t i = 0; i < f->run_count; i++) {
		json_next(&b);
		json_add_str(&b, f->runs[i].name);
	}
	json_close(&b, ']');
	json_close(&b, '}');
	return arena_str(f->arena, buf_str(&b));
}

struct str fire_forbidden_answer(struct fire *f)
{
	AUTO_BUF b = BUF(ANSWER_BYTES);

	open_answer(f, &b, false);
	json_member_str(&b, "reason", STR("ConcurrencyForbidden"));
	json_close(&b, '}');
	return arena_str(f->arena, buf_str(&b));
}

struct str fire_run_names(struct fire *f)
{
	AUTO_BUF b = BUF(ANSWER_BYTES);

	for (size_t i = 0; i < f->run_count; i++) {
		if (i)
			buf_addc(&b, ',');
		buf_add(&b, f->runs[i].name);
	}
	return arena_str(f->arena, buf_str(&b));
}

/* --- memory of a key ---------------------------------------------------------------------------------- */

struct str fire_memory_encode(struct fire *f)
{
	AUTO_BUF b = BUF(2 * ANSWER_BYTES);

	json_open(&b, '{');
	json_member_str(&b, "body", str_of(f->body_hash));
	json_member_int(&b, "status", f->event.success_code);
	json_member_str(&b, "runs", fire_run_names(f));
	json_member_str(&b, "answer", fire_answer(f));
	json_close(&b, '}');
	return arena_str(f->arena, buf_str(&b));
}

enum fail fire_memory_decode(struct arena *a, struct str text, struct fire_memory *ret,
			     struct why *why)
{
	struct fire_memory m = {.status = 202};
	struct value v;
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);

	if (!f)
		f = json_need_str(&v, "body", &m.body_hash, why);
	if (!f)
		f = json_need_int(&v, "status", 200, 299, &m.status, why);
	if (!f)
		f = json_need_str(&v, "runs", &m.runs, why);
	if (!f)
		f = json_need_str(&v, "answer", &m.answer, why);
	if (f)
		return fail_in(why, f, "memory of an idempotency key");
	*ret = m;
	return FAIL_NONE;
}
