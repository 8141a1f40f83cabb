/* Helpers with regular expressions (SPEC 4.9, 5.13). */
#include "lang/template_exec.h"

#include <stdlib.h>

static enum fail pattern(struct exec *x, struct str text, const struct regex **ret)
{
	struct exec_pattern *p;
	struct regex *re;
	struct why why;

	for (size_t i = 0; i < EXEC_PATTERNS; i++) {
		p = &x->patterns[i];
		if (p->regex && str_eq(str_n(p->text, p->len), text)) {
			*ret = p->regex;
			return FAIL_NONE;
		}
	}
	if (regex_new(text, &re, &why))
		return call_failf(x, "%s", why.text);
	p = &x->patterns[x->pattern_next++ % EXEC_PATTERNS];
	regex_free(p->regex);
	free(p->text);
	*p = (struct exec_pattern){.text = xstrndup(text), .len = text.len, .regex = re};
	*ret = re;
	return exec_work(x, EXEC_PATTERN_WORK + EXEC_PATTERN_STEP_WORK * regex_size(re));
}

static enum fail cannot_tell(struct exec *x, const struct why *why)
{
	if (x->work >= 0)
		return call_failf(x, "%s", why->text);
	x->work = 0;
	return exec_limit(x, "nodes");
}

HELPER(func_regex_match)
{
	const struct regex *re;
	struct str s[2];
	struct why why;
	bool matched;
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		f = pattern(x, s[0], &re);
	if (f)
		return f;
	if (regex_match(re, s[1], &x->work, &matched, &why))
		return cannot_tell(x, &why);
	*ret = value_bool(matched);
	return FAIL_NONE;
}

HELPER(func_regex_replace_all)
{
	const struct regex *re;
	struct str s[3];
	struct why why;
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		f = pattern(x, s[0], &re);
	if (f)
		return f;
	if (regex_replace(re, s[1], s[2], &x->work, text_begin(x), &why))
		return cannot_tell(x, &why);
	return text_end(x, ret);
}
