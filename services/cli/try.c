#include "cli/try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "lang/cron.h"
#include "lang/rfc3339.h"
#include "lang/schema.h"
#include "lang/template.h"
#include "lang/yaml.h"

enum exit_code { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 3 };

enum {
	INPUT_MAX_BYTES = 64 << 20, /* of a file or of stdin */
	SLOTS_DEFAULT = 5,
	SLOTS_MAX = 10000,
	ARGUMENTS_MAX = 2,
};

/* --- arguments --------------------------------------------------------------------------- */

struct option {
	const char *name;   /* "--tz" or "-n" */
	const char **value; /* where it goes */
};

struct language {
	const char *name, *usage;
	enum exit_code (*run)(const struct language *l, int argc, char **argv);
};

static void print_usage(FILE *to, const struct language *l)
{
	fprintf(to, "usage: ark try %s %s\n", l->name, l->usage);
}

static enum exit_code usage(const struct language *l)
{
	print_usage(stderr, l);
	return EXIT_USAGE;
}

/* Reads `--name VALUE`, `--name=VALUE` and `-nVALUE`. Returns how many arguments that took; 0 when
 * argv[0] is no option of this name, -1 when its value is missing. */
static int take_option(const struct option *o, int argc, char **argv)
{
	size_t len = strlen(o->name);
	const char *rest = argv[0] + len;

	if (strncmp(argv[0], o->name, len) != 0)
		return 0;
	if (*rest == '\0') {
		if (argc < 2)
			return -1;
		*o->value = argv[1];
		return 2;
	}
	if (o->name[1] == '-') {
		if (*rest != '=')
			return 0;
		rest++;
	}
	*o->value = rest;
	return 1;
}

/* Sorts argv into options and the rest. False when there is an unknown option or too much of the
 * rest; words has room for ARGUMENTS_MAX. */
static bool sort_arguments(int argc, char **argv, const struct option *options, size_t count,
			   const char **words, size_t *ret_words)
{
	bool only_words = false;
	size_t n = 0;

	while (argc > 0) {
		int taken = 0;

		for (size_t i = 0; i < count && !only_words && taken == 0; i++)
			taken = take_option(&options[i], argc, argv);
		if (taken == 0 && !only_words && strcmp(argv[0], "--") == 0) {
			only_words = true;
			taken = 1;
		} else if (taken == 0) {
			/* "-" is a word: stdin. */
			if ((!only_words && argv[0][0] == '-' && argv[0][1]) ||
			    n == ARGUMENTS_MAX)
				return false;
			words[n++] = argv[0];
			taken = 1;
		}
		if (taken < 0)
			return false;
		argc -= taken;
		argv += taken;
	}
	*ret_words = n;
	return true;
}

/* The content of a file; "-" is stdin. */
static enum exit_code read_input(const char *path, struct buf *out)
{
	struct why why;

	if (!file_read(str_of(strcmp(path, "-") == 0 ? "/dev/stdin" : path), out, &why))
		return EXIT_GOOD;
	fprintf(stderr, "%s\n", why.text);
	return out->len == 0 ? EXIT_NOT_FOUND : EXIT_BAD;
}

static enum exit_code write_output(const struct buf *b, enum exit_code code)
{
	if (fwrite(buf_cstr(b), 1, b->len, stdout) == b->len && fflush(stdout) == 0)
		return code;
	fprintf(stderr, "stdout: %s\n", strerror(errno));
	return EXIT_BAD;
}

/* --- template ---------------------------------------------------------------------------- */

/* -d JSON or @file: the data of a template. */
static enum exit_code read_data(const char *text, struct arena *a, struct buf *content,
				struct value *ret)
{
	bool is_file = text[0] == '@';
	struct why why;

	if (is_file) {
		enum exit_code code = read_input(text + 1, content);

		if (code)
			return code;
	}
	if (!json_parse(a, is_file ? buf_str(content) : str_of(text), JSON_STRICT,
			JSON_MAX_DEPTH, ret, &why))
		return EXIT_GOOD;
	fprintf(stderr, "%s: %s\n", is_file ? text + 1 : "-d", why.text);
	return is_file ? EXIT_BAD : EXIT_USAGE;
}

/* name: what stands in errors where an object's template has its field path (SPEC 4.11). */
static enum exit_code run_template(const char *name, struct str source,
				   const struct value *data, struct arena *a)
{
	AUTO_BUF out = BUF(TEMPLATE_OUTPUT_BYTES);
	struct template_env env = {.zones = zones_new(NULL)};
	struct template *t;
	struct timespec now;
	struct why why;
	enum fail f;

	clock_gettime(CLOCK_REALTIME, &now);
	env.now_seconds = now.tv_sec;
	env.now_nanos = (int32_t)now.tv_nsec;
	f = template_parse(a, source, NULL, &t, &why);
	if (!f)
		f = template_run(t, data, &env, a, &out, &why);
	zones_free(env.zones);
	if (!f)
		return write_output(&out, EXIT_GOOD);
	fprintf(stderr, "template: %s:%s\n", name, why.text);
	return EXIT_BAD;
}

static enum exit_code try_template(const struct language *l, int argc, char **argv)
{
	const char *data_text = "{}", *path = NULL, *words[ARGUMENTS_MAX];
	const struct option options[] = {{"-d", &data_text}, {"-f", &path}};
	AUTO_BUF source = BUF(INPUT_MAX_BYTES), content = BUF(INPUT_MAX_BYTES);
	AUTO_ARENA a = ARENA_INIT;
	enum exit_code code;
	struct value data;
	size_t count;

	if (!sort_arguments(argc, argv, options, 2, words, &count) || count != (path ? 0 : 1))
		return usage(l);
	code = read_data(data_text, &a, &content, &data);
	if (!code && path)
		code = read_input(path, &source);
	if (code)
		return code;
	return run_template(path ? path : "text", path ? buf_str(&source) : str_of(words[0]),
			    &data, &a);
}

/* --- schema ------------------------------------------------------------------------------ */

static enum exit_code validate(const struct schema *s, const char *path, struct str text,
			       struct arena *a)
{
	AUTO_BUF out = BUF(SCHEMA_ERRORS_MAX * (SCHEMA_ERROR_MAX_BYTES + 4096));
	struct schema_errors errors;
	struct value instance;
	struct why why;

	if (json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &instance, &why)) {
		buf_addf(&out, "%s: %s\n", path, why.text);
		return write_output(&out, EXIT_BAD);
	}
	if (schema_validate(s, &instance, a, &errors) == SCHEMA_VALID)
		return EXIT_GOOD;
	schema_errors_add(&out, &errors);
	return write_output(&out, EXIT_BAD);
}

static enum exit_code try_schema(const struct language *l, int argc, char **argv)
{
	AUTO_BUF schema_text = BUF(INPUT_MAX_BYTES), instance = BUF(INPUT_MAX_BYTES);
	AUTO_BUF out = BUF(WHY_MAX_BYTES + 4096);
	const char *words[ARGUMENTS_MAX];
	AUTO_ARENA a = ARENA_INIT;
	enum exit_code code;
	struct schema *s;
	struct why why;
	size_t count;

	if (!sort_arguments(argc, argv, NULL, 0, words, &count) || count != 2 ||
	    (strcmp(words[0], "-") == 0 && strcmp(words[1], "-") == 0))
		return usage(l);
	code = read_input(words[0], &schema_text);
	if (!code)
		code = read_input(words[1], &instance);
	if (code)
		return code;
	if (schema_compile_text(&a, buf_str(&schema_text), NULL, &s, &why)) {
		buf_addf(&out, "%s: %s\n", words[0], why.text);
		return write_output(&out, EXIT_USAGE);
	}
	code = validate(s, words[1], buf_str(&instance), &a);
	schema_free(s);
	return code;
}

/* --- cron -------------------------------------------------------------------------------- */

static enum exit_code print_slots(const struct cron *c, const struct zone *z, int64_t from,
				  int64_t count)
{
	AUTO_BUF out = BUF(SLOTS_MAX * 64);

	for (; count > 0 && cron_next(c, z, from, &from); count--) {
		rfc3339_add_offset(&out, from, zone_at(z, from).seconds);
		buf_addc(&out, '\n');
	}
	return write_output(&out, EXIT_GOOD);
}

static enum exit_code bad_cron(const char *what)
{
	fprintf(stderr, "cron: %s\n", what);
	return EXIT_BAD;
}

static enum exit_code try_cron(const struct language *l, int argc, char **argv)
{
	const char *zone_name = "UTC", *from_text = NULL, *count_text = NULL,
		   *words[ARGUMENTS_MAX];
	const struct option options[] = {
		{"--tz", &zone_name}, {"--from", &from_text}, {"-n", &count_text}};
	int64_t from = time(NULL), slots = SLOTS_DEFAULT;
	const struct zone *z;
	struct zones *zones;
	enum exit_code code;
	struct why why;
	struct cron c;
	size_t count;

	if (!sort_arguments(argc, argv, options, 3, words, &count) || count != 1 ||
	    (count_text &&
	     (!str_to_i64(str_of(count_text), &slots) || slots < 1 || slots > SLOTS_MAX)))
		return usage(l);
	if (from_text && rfc3339_parse(str_of(from_text), &from, NULL, &why)) {
		fprintf(stderr, "--from: %s\n", why.text);
		return EXIT_USAGE;
	}
	zones = zones_new(NULL);
	z = zones_get(zones, str_of(zone_name));
	if (!z)
		code = bad_cron("unknown time zone");
	else if (cron_parse(str_of(words[0]), &c, &why) || cron_check(&c, z, from, &why))
		code = bad_cron(why.text);
	else
		code = print_slots(&c, z, from, slots);
	zones_free(zones);
	return code;
}

/* --- yaml -------------------------------------------------------------------------------- */

static enum exit_code try_yaml(const struct language *l, int argc, char **argv)
{
	AUTO_BUF text = BUF(INPUT_MAX_BYTES), out = BUF(SIZE_MAX / 2);
	enum exit_code code = EXIT_GOOD;
	const char *words[ARGUMENTS_MAX];
	AUTO_ARENA a = ARENA_INIT;
	struct yaml_document doc;
	struct yaml y;
	size_t count;

	if (!sort_arguments(argc, argv, NULL, 0, words, &count) || count != 1)
		return usage(l);
	code = read_input(words[0], &text);
	if (code)
		return code;
	yaml_begin(&y, buf_str(&text));
	while (yaml_next(&y, &a, &doc)) {
		if (doc.fail) {
			fprintf(stderr, "%s:%u:%u: %s\n", words[0], doc.error_line,
				doc.error_column, yaml_what(&doc));
			code = EXIT_BAD;
			continue;
		}
		json_add(&out, &doc.value);
		buf_addc(&out, '\n');
		arena_reset(&a);
	}
	return write_output(&out, code);
}

/* ----------------------------------------------------------------------------------------- */

static const struct language languages[] = {
	{"template", "[-d JSON|@FILE] (TEXT | -f FILE)", try_template},
	{"schema", "SCHEMA INSTANCE", try_schema},
	{"cron", "EXPR [--tz ZONE] [--from TIME] [-n N]", try_cron},
	{"yaml", "FILE", try_yaml},
};

static const char teaching[] = "\nThe suite's languages, read as the daemons read them. "
			       "Results go to stdout, errors to "
			       "stderr;\nexit code 1: the text is wrong.\n\n"
			       "  $ ark try template -d '{\"input\":{\"topic\":\"owls\"}}' "
			       "'About {{ .input.topic | upper }}'\n"
			       "  $ ark try schema invoice.schema.json invoice.json\n"
			       "  $ ark try cron '0 9 * * 1-5' --tz Europe/Berlin\n"
			       "  $ ark try yaml team.yaml\n";

static bool wants_help(int argc, char **argv)
{
	return argc > 0 && (strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "--help") == 0);
}

int try_command(int argc, char **argv)
{
	size_t count = sizeof(languages) / sizeof(languages[0]);
	bool help = wants_help(argc - 1, argv + 1);

	for (size_t i = 0; argc > 1 && i < count; i++) {
		const struct language *l = &languages[i];

		if (strcmp(argv[1], l->name) != 0)
			continue;
		if (!wants_help(argc - 2, argv + 2))
			return (int)l->run(l, argc - 2, argv + 2);
		print_usage(stdout, l);
		return EXIT_GOOD;
	}
	for (size_t i = 0; i < count; i++)
		print_usage(help ? stdout : stderr, &languages[i]);
	if (help)
		fputs(teaching, stdout);
	return help ? EXIT_GOOD : EXIT_USAGE;
}
