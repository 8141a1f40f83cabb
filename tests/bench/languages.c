/*
 * What the languages do in a second: languages FIGURE [FILE]. Prints {"name": per second, ...} as one line.
 *
 * The cases are the vectors in tests/vectors/data; the reference implementations measure themselves with
 * the same ones: go run ./<language> -bench, in tests/vectors. A pass over all cases is repeated until
 * MEASURE_S are over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "lang/cron.h"
#include "lang/duration.h"
#include "lang/regex.h"
#include "lang/schema.h"
#include "lang/template.h"
#include "lang/yaml.h"

static const double MEASURE_S = 1.0;

struct cases {
	struct arena arena;
	struct value *lines; /* JSON objects */
	size_t count, cap;
};

static void cases_load(struct cases *c, const char *path)
{
	AUTO_BUF text = BUF(256 << 20);
	struct str rest, line;
	struct why why;

	*c = (struct cases){.arena = ARENA_INIT};
	if (file_read(str_of(path), &text, &why)) {
		fprintf(stderr, "%s\n", why.text);
		exit(1);
	}
	rest = arena_str(&c->arena, buf_str(&text));
	while (str_next(&rest, '\n', &line)) {
		if (line.len == 0)
			continue;
		c->lines =
			arena_grow(&c->arena, c->lines, c->count, &c->cap, sizeof(*c->lines));
		if (json_parse(&c->arena, line, JSON_STRICT, JSON_MAX_DEPTH,
			       &c->lines[c->count++], &why)) {
			fprintf(stderr, "%s:%zu: %s\n", path, c->count, why.text);
			exit(1);
		}
	}
}

/* --- measuring ---------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Calls pass, which answers how many things it did, until MEASURE_S are over. Things a second. */
static double per_second(size_t (*pass)(void *), void *data)
{
	double from = seconds(), spent;
	size_t done = 0;

	do {
		done += pass(data);
		spent = seconds() - from;
	} while (spent < MEASURE_S);
	return (double)done / spent;
}

static void print_figure(const char *name, double value)
{
	static bool more;

	printf("%s\"%s\": %.6g", more ? ", " : "{", name, value);
	more = true;
}

/* Whatever a case should do, it does: a figure of failures would be worth nothing. */
static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* --- templates ---------------------------------------------------------------------------- */

struct templates {
	struct cases cases;
	struct template **parsed; /* NULL: a case that fails */
	const struct value **data;
	struct zones *zones;
	struct arena scratch;
	struct buf out;
};

static size_t templates_parse(void *data)
{
	struct templates *t = data;
	size_t done = 0;

	for (size_t i = 0; i < t->cases.count; i++) {
		const struct value *line = &t->cases.lines[i];
		struct template *parsed;

		if (!value_get(line, STR("want")))
			continue;
		arena_reset(&t->scratch);
		need(!template_parse(&t->scratch, value_text(value_get(line, STR("t"))), NULL,
				     &parsed, NULL),
		     "a template does not parse");
		done++;
	}
	return done;
}

static size_t templates_run(void *data)
{
	struct templates *t = data;
	struct template_env env = {.now_seconds = 1774857600, .zones = t->zones};
	size_t done = 0;

	for (size_t i = 0; i < t->cases.count; i++) {
		if (!t->parsed[i])
			continue;
		arena_reset(&t->scratch);
		buf_clear(&t->out);
		need(!template_run(t->parsed[i], t->data[i], &env, &t->scratch, &t->out, NULL),
		     "a template does not run");
		done++;
	}
	return done;
}

static void templates(const char *path)
{
	struct templates t = {.out = BUF(TEMPLATE_OUTPUT_BYTES)};
	struct arena *a = &t.cases.arena;

	cases_load(&t.cases, path);
	t.zones = zones_new("tests/vectors/data/zoneinfo");
	t.parsed = ARENA_ARRAY(a, t.cases.count, struct template *);
	t.data = ARENA_ARRAY(a, t.cases.count, const struct value *);
	for (size_t i = 0; i < t.cases.count; i++) {
		const struct value *line = &t.cases.lines[i], *own = value_get(line, STR("d"));

		t.data[i] = own ? own : t.data[0];
		if (value_get(line, STR("want")))
			need(!template_parse(a, value_text(value_get(line, STR("t"))), NULL,
					     &t.parsed[i], NULL),
			     "a template does not parse");
	}
	print_figure("templates_parsed", per_second(templates_parse, &t));
	print_figure("templates_run", per_second(templates_run, &t));
	buf_release(&t.out);
	arena_release(&t.scratch);
	arena_release(a);
	zones_free(t.zones);
}

/* --- schemas ------------------------------------------------------------------------------ */

struct schemas {
	struct cases cases;
	struct schema **compiled; /* NULL: a schema that is refused */
	struct arena scratch;
};

static size_t schemas_compile(void *data)
{
	struct schemas *s = data;
	size_t done = 0;

	for (size_t i = 0; i < s->cases.count; i++) {
		struct schema *compiled;

		if (!s->compiled[i])
			continue;
		arena_reset(&s->scratch);
		need(!schema_compile(&s->scratch, value_get(&s->cases.lines[i], STR("schema")),
				     NULL, &compiled, NULL),
		     "a schema does not compile");
		schema_free(compiled);
		done++;
	}
	return done;
}

static size_t validate_list(struct schemas *s, const struct schema *compiled,
			    const struct value *list, enum schema_verdict want)
{
	for (size_t i = 0; i < value_count(list); i++) {
		arena_reset(&s->scratch);
		need(schema_validate(compiled, value_at(list, i), &s->scratch, NULL) == want,
		     "an instance has the wrong verdict");
	}
	return value_count(list);
}

static size_t schemas_validate(void *data)
{
	struct schemas *s = data;
	size_t done = 0;

	for (size_t i = 0; i < s->cases.count; i++) {
		const struct value *line = &s->cases.lines[i];

		if (!s->compiled[i])
			continue;
		done += validate_list(s, s->compiled[i], value_get(line, STR("valid")),
				      SCHEMA_VALID);
		done += validate_list(s, s->compiled[i], value_get(line, STR("invalid")),
				      SCHEMA_INVALID);
	}
	return done;
}

static void schemas(const char *path)
{
	struct schemas s = {.scratch = ARENA_INIT};
	struct arena *a = &s.cases.arena;

	cases_load(&s.cases, path);
	s.compiled = ARENA_ARRAY(a, s.cases.count, struct schema *);
	for (size_t i = 0; i < s.cases.count; i++)
		if (!value_get(&s.cases.lines[i], STR("refused")))
			need(!schema_compile(a, value_get(&s.cases.lines[i], STR("schema")),
					     NULL, &s.compiled[i], NULL),
			     "a schema does not compile");
	print_figure("schemas_compiled", per_second(schemas_compile, &s));
	print_figure("schemas_validated", per_second(schemas_validate, &s));
	for (size_t i = 0; i < s.cases.count; i++)
		schema_free(s.compiled[i]);
	arena_release(&s.scratch);
	arena_release(a);
}

/* --- cron --------------------------------------------------------------------------------- */

struct slots {
	struct cron cron;
	const struct zone *zone;
	int64_t at;
};

static size_t slots_next(void *data)
{
	enum { CALLS = 2000 };
	const int64_t start = 1767225600, end = start + INT64_C(3000000000); /* from 2026 on */
	struct slots *s = data;

	for (int i = 0; i < CALLS; i++)
		if (!cron_next(&s->cron, s->zone, s->at, &s->at) || s->at > end)
			s->at = start;
	return CALLS;
}

/* Each call starts where the last slot was; the geometric mean over some expressions and zones. */
static void cron(const char *path)
{
	static const struct {
		const char *name, *text, *zone;
	} figures[] = {
		{"cron_every_minute", "* * * * *", "Europe/Berlin"},
		{"cron_office_hours", "*/15 8-18 * * MON-FRI", "Europe/Berlin"},
		{"cron_daily", "30 2 * * *", "Europe/Berlin"},
		{"cron_daily_utc", "30 2 * * *", "UTC"},
		{"cron_yearly", "0 0 1 1 *", "Europe/Berlin"},
		{"cron_leap_day", "0 0 29 2 *", "Europe/Berlin"},
	};
	struct zones *zones = zones_new(path);

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct slots s = {.at = 1767225600};

		s.zone = zones_get(zones, str_of(figures[i].zone));
		need(s.zone && !cron_parse(str_of(figures[i].text), &s.cron, NULL), "no cron");
		print_figure(figures[i].name, per_second(slots_next, &s));
	}
	zones_free(zones);
}

/* --- YAML, durations ---------------------------------------------------------------------- */

struct texts {
	struct str *items;
	size_t count;
};

/* The members of that name of all lines but those that say "error". */
static struct texts texts_of(struct cases *c, const char *name)
{
	struct texts t = {.items = ARENA_ARRAY(&c->arena, c->count, struct str)};

	for (size_t i = 0; i < c->count; i++) {
		const struct value *text = value_get(&c->lines[i], str_of(name));

		if (text && !value_get(&c->lines[i], STR("error")))
			t.items[t.count++] = value_text(text);
	}
	return t;
}

static size_t yaml_read(void *data)
{
	const struct texts *t = data;
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < t->count; i++) {
		struct yaml_document doc;
		struct yaml y;

		arena_reset(&a);
		yaml_begin(&y, t->items[i]);
		need(!yaml_next(&y, &a, &doc) || !doc.fail, "YAML does not parse");
	}
	return t->count;
}

static size_t durations_parse(void *data)
{
	const struct texts *t = data;

	for (size_t i = 0; i < t->count; i++) {
		int64_t nanos;

		need(!duration_parse(t->items[i], &nanos, NULL), "a duration is refused");
	}
	return t->count;
}

static void yaml(const char *path)
{
	struct cases c;
	struct texts t;

	cases_load(&c, path);
	t = texts_of(&c, "yaml");
	print_figure("yaml_documents", per_second(yaml_read, &t));
	arena_release(&c.arena);
}

static void durations(const char *path)
{
	struct cases c;
	struct texts t;

	cases_load(&c, path);
	t = texts_of(&c, "parse");
	print_figure("durations_parsed", per_second(durations_parse, &t));
	arena_release(&c.arena);
}

/* --- regular expressions ------------------------------------------------------------------ */

struct match {
	struct regex *re;
	struct str text;
};

static size_t match(void *data)
{
	const struct match *m = data;
	bool matched;

	need(!regex_match(m->re, m->text, NULL, &matched, NULL) && !matched, "a match that is none");
	return 1;
}

/* Milliseconds for a text of 1 MiB and of 2 MiB, over patterns that make back-tracking matchers take time by
 * the square or worse: linear is a ratio of 2. The text has no match. */
static void regexes(const char *path)
{
	static const struct {
		const char *pattern;
		char fill;
	} hard[] = {
		{"(a*)*b", 'a'},
		{"(x+x+)+y", 'x'},
		{"^(a|aa)+$", 'a'},
		{"(a|a?)+b", 'a'},
		{"^(([a-z])+.)+[A-Z]$", 'a'},
		{"(.*)(.*)(.*)(.*)b", 'a'},
		{"(.*a){12}b", 'a'},
	};
	double sum[2] = {0, 0}, slowest = 0;

	(void)path;
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		for (size_t k = 0; k < 2; k++) {
			size_t len = (size_t)(1 + k) << 20;
			char *text = xmalloc(len);
			struct match m = {.text = str_n(text, len)};
			double ms;

			memset(text, hard[i].fill, len);
			text[len - 1] = '!';
			need(!regex_new(str_of(hard[i].pattern), &m.re, NULL), "no pattern");
			match(&m); /* the library builds its tables as it goes */
			ms = 1000 / per_second(match, &m);
			sum[k] += ms;
			slowest = ms > slowest && k == 0 ? ms : slowest;
			regex_free(m.re);
			free(text);
		}
	}
	print_figure("regex_slowest_ms_per_mib", slowest);
	print_figure("regex_twice_the_text", sum[1] / sum[0]);
}

/* ------------------------------------------------------------------------------------------ */

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*measure)(const char *path);
	} figures[] = {
		{"template", templates}, {"schema", schemas},	  {"cron", cron},
		{"yaml", yaml},		 {"duration", durations}, {"regex", regexes},
	};

	for (size_t i = 0; argc >= 2 && i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (strcmp(argv[1], figures[i].name) != 0)
			continue;
		figures[i].measure(argc > 2 ? argv[2] : NULL);
		printf("}\n");
		return 0;
	}
	fprintf(stderr, "usage: languages template|schema|cron|yaml|duration|regex [FILE]\n");
	return 2;
}
