/* `ark try` (SPEC 21.29, 21.30): arguments in, stdout, stderr and exit code out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/try.h"

enum { WORDS_MAX = 12, OUTPUT_MAX = 1 << 16 };

static char folder[] = "/tmp/ark-try-XXXXXX";

static const char *const files[][2] = {
	{"good.yaml", "b: 1\na: [x, yes]\n---\n# nothing\n---\n--- |\n  text\n"},
	{"bad.yaml", "a: 1\n---\na: 1\nb: {{ .x }}\n---\nc: 2\n"},
	{"schema.json", "{\"type\":\"object\",\"required\":[\"a\"],"
			"\"properties\":{\"b\":{\"type\":\"integer\"}}}"},
	{"no-schema.json", "{\"type\":\"nothing\"}"},
	{"valid.json", "{\"a\":1}"},
	{"invalid.json", "{\"b\":\"x\"}"},
	{"no.json", "{\"a\":"},
	{"template", "{{range .list}}<{{.}}>{{end}}\n"},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	for (size_t i = 0; i < FILES; i++)
		if (file_replace(str_of(files[i][0]), str_of(files[i][1]), 0600, NULL))
			return -1;
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++)
		unlink(files[i][0]);
	unlink("out");
	unlink("err");
	return chdir("/") || rmdir(folder) ? -1 : 0;
}

/* Sends one of our streams to a file while the command runs. */
static int redirect(int fd, const char *path)
{
	FILE *to = fopen(path, "we");
	int saved = dup(fd);

	assert_non_null(to);
	assert_int_equal(dup2(fileno(to), fd), fd);
	fclose(to);
	return saved;
}

static void restore(int fd, int saved)
{
	dup2(saved, fd);
	close(saved);
}

struct result {
	int code;
	char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

static void read_back(const char *path, char *to)
{
	AUTO_BUF b = BUF(OUTPUT_MAX - 1);

	assert_int_equal(file_read(str_of(path), &b, NULL), FAIL_NONE);
	memcpy(to, buf_cstr(&b), b.len + 1);
}

/* words ends with NULL */
static void run(struct result *r, const char *const words[])
{
	char *argv[WORDS_MAX + 1] = {xstrndup(STR("try"))};
	int argc = 1, out, err;

	for (; argc < WORDS_MAX && words[argc - 1]; argc++)
		argv[argc] = xstrndup(str_of(words[argc - 1]));
	fflush(stdout);
	out = redirect(STDOUT_FILENO, "out");
	err = redirect(STDERR_FILENO, "err");
	r->code = try_command(argc, argv);
	fflush(stdout);
	fflush(stderr);
	restore(STDOUT_FILENO, out);
	restore(STDERR_FILENO, err);
	read_back("out", r->out);
	read_back("err", r->err);
	while (argc > 0)
		free(argv[--argc]);
}

struct attempt {
	const char *words[WORDS_MAX];
	int code;
	const char *out; /* exactly */
	const char *err; /* a part of it; NULL = nothing at all */
};

static const struct attempt attempts[] = {
	{{"template", "-d", "{\"a\":[1,2]}",
	  "{{range $i,$x := .a}}{{$i}}={{printf \"%03d\" $x}} {{end}}"},
	 0,
	 "0=001 1=002 ",
	 NULL},
	{{"template", "x{{.a}}"}, 0, "x<no value>", NULL},
	{{"template", "-d{\"list\":[1,\"b\"]}", "-f", "template"}, 0, "<1><b>\n", NULL},
	{{"template", "-d", "@valid.json", "{{.a}}"}, 0, "1", NULL},
	{{"template", "--", "-x"}, 0, "-x", NULL},
	{{"template", "{{dateInZone \"15:04 MST\" 0 \"Etc/GMT+1\"}}"}, 0, "23:00 -01", NULL},
	{{"template", "{{"}, 1, "", "template: text:1:"},
	{{"template", "abc{{index .a 5}}"}, 1, "", "template: text:1:5: "},
	{{"template", "-d", "{", "x"}, 2, "", "-d: line 1 column 2"},
	{{"template", "-d", "@no.json", "x"}, 1, "", "no.json: line 1"},
	{{"template", "-d", "@missing", "x"}, 3, "", "missing: No such file"},
	{{"template"}, 2, "", "usage: ark try template"},
	{{"template", "a", "b"}, 2, "", "usage: "},
	{{"template", "-f", "template", "text"}, 2, "", "usage: "},
	{{"template", "-x", "text"}, 2, "", "usage: "},
	{{"template", "text", "-d"}, 2, "", "usage: "},

	{{"schema", "schema.json", "valid.json"}, 0, "", NULL},
	{{"schema", "no-schema.json", "valid.json"}, 2, NULL, NULL},
	{{"schema", "no.json", "valid.json"}, 2, NULL, NULL},
	{{"schema", "schema.json", "invalid.json"}, 1, NULL, NULL},
	{{"schema", "schema.json", "no.json"},
	 1,
	 "no.json: line 1 column 6: ends too early\n",
	 NULL},
	{{"schema", "schema.json", "missing"}, 3, "", "missing: No such file"},
	{{"schema", "schema.json"}, 2, "", "usage: "},
	{{"schema", "-", "-"}, 2, "", "usage: "},

	{{"cron", "0 12 * * MON", "--from", "2026-03-30T08:00:00Z", "-n", "2"},
	 0,
	 "2026-03-30T12:00:00Z\n2026-04-06T12:00:00Z\n",
	 NULL},
	{{"cron", "30 2 * * *", "--tz=Europe/Berlin", "--from=2026-03-28T12:00:00Z", "-n2"},
	 0,
	 "2026-03-29T03:00:00+02:00\n2026-03-30T02:30:00+02:00\n",
	 NULL},
	{{"cron", "@yearly", "--from", "9997-06-01T00:00:00Z"},
	 0,
	 "9998-01-01T00:00:00Z\n9999-01-01T00:00:00Z\n",
	 NULL},
	{{"cron", "0 0 30 2 *"}, 1, "", "cron: no slot in the 5 years after "},
	{{"cron", "61 * * * *"}, 1, "", "cron: minute '61': beyond 0-59"},
	{{"cron", "* * * * *", "--tz", "Mars/Base"}, 1, "", "cron: unknown time zone"},
	{{"cron", "* * * * *", "--from", "tomorrow"}, 2, "", "--from: 'tomorrow'"},
	{{"cron", "* * * * *", "-n", "0"}, 2, "", "usage: "},
	{{"cron", "* * * * *", "-n", "x"}, 2, "", "usage: "},
	{{"cron", "*", "*", "*", "*", "*"}, 2, "", "usage: "},

	{{"yaml", "good.yaml"}, 0, "{\"b\":1,\"a\":[\"x\",true]}\n\"text\\n\"\n", NULL},
	{{"yaml", "bad.yaml"},
	 1,
	 "{\"a\":1}\n{\"c\":2}\n",
	 "bad.yaml:4:5: object cannot be a key; a text that starts with '{' needs quotes\n"},
	{{"yaml", "missing"}, 3, "", "missing: No such file"},
	{{"yaml"}, 2, "", "usage: "},

	{{NULL}, 2, "", "usage: ark try cron"},
	{{"toml", "x"}, 2, "", "usage: ark try yaml"},
	{{"yaml", "--help"}, 0, "usage: ark try yaml FILE\n", NULL},
};

static void test_attempts(void **state)
{
	static struct result r;

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct attempt *t = &attempts[i];

		run(&r, t->words);
		if (r.code != t->code || (t->out && strcmp(r.out, t->out) != 0) ||
		    (t->err ? !strstr(r.err, t->err) : r.err[0] != '\0'))
			fail_msg("%zu: try %s %s: %d\n%s%s", i, t->words[0],
				 t->words[0] ? t->words[1] : "", r.code, r.out, r.err);
	}
}

/* SPEC 5.12: one error per line, on stdout. */
static void test_schema_errors(void **state)
{
	static struct result r;

	(void)state;
	run(&r, (const char *const[]){"schema", "schema.json", "invalid.json", NULL});
	assert_non_null(strstr(r.out, "/b: "));
	assert_int_equal(r.out[strlen(r.out) - 1], '\n');
	run(&r, (const char *const[]){"schema", "no-schema.json", "valid.json", NULL});
	assert_memory_equal(r.out, "no-schema.json: ", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_schema_errors),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
