/* Every message by its golden entry in proto/examples, and what the decoder refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "proto/message.h"

#include <cmocka.h>

struct example {
	struct arena arena;
	struct str pairs[2 * ENTRY_MAX_FIELDS];
	size_t count;
};

/* One "name value" per line. */
static void load(struct example *e, const char *type)
{
	AUTO_BUF text = BUF(ENTRY_MAX_BYTES);
	struct str rest, line, name, value;
	struct why why = {""};

	*e = (struct example){.count = 0};
	if (file_read(arena_printf(&e->arena, "proto/examples/%s", type), &text, &why))
		fail_msg("%s", why.text);
	rest = arena_str(&e->arena, buf_str(&text));
	while (str_next(&rest, '\n', &line)) {
		if (!line.len)
			continue;
		str_cut(line, ' ', &name, &value);
		e->pairs[e->count++] = name;
		e->pairs[e->count++] = value;
	}
}

static void test_golden(void **state)
{
	(void)state;
	for (int t = 0; t < MSG_COUNT; t++) {
		struct str pairs[2 * ENTRY_MAX_FIELDS];
		struct message m;
		struct why why = {""};
		struct example e;
		size_t n, skipped = 0;

		load(&e, message_name((enum message_type)t));
		if (message_decode(STR("1-0"), e.pairs, e.count, &m, &why))
			fail_msg("%s: %s", message_name((enum message_type)t), why.text);
		assert_int_equal(m.type, t);
		assert_int_equal(m.at_ms, 1764000000000);
		assert_int_equal(message_encode(&e.arena, &m, pairs, &n, &why), FAIL_NONE);
		assert_int_equal(n, e.count - 2); /* `at` is added by Redis */
		for (size_t i = 0; i < e.count; i += 2) {
			if (str_is(e.pairs[i], "at")) {
				skipped = 2;
				continue;
			}
			if (!str_eq(e.pairs[i], pairs[i - skipped]) ||
			    !str_eq(e.pairs[i + 1], pairs[i + 1 - skipped]))
				fail_msg("%s: %.*s", message_name(m.type), STR_ARG(e.pairs[i]));
		}
		arena_release(&e.arena);
	}
}

/* Without any one of its required fields no message is accepted. */
static void test_required(void **state)
{
	(void)state;
	for (int t = 0; t < MSG_COUNT; t++) {
		const struct message_info *info = message_info((enum message_type)t);
		struct example e;

		load(&e, message_name((enum message_type)t));
		for (size_t i = 0; i < e.count; i += 2) {
			struct str less[2 * ENTRY_MAX_FIELDS];
			struct message m;
			bool required = str_is(e.pairs[i], "type");
			size_t n = 0;

			for (int f = 0; f < MESSAGE_FIELDS; f++)
				if ((info->required >> f & 1) &&
				    str_is(e.pairs[i],
					   message_field_info((enum message_field)f)->name))
					required = true;
			for (size_t j = 0; j < e.count; j += 2)
				if (j != i) {
					less[n++] = e.pairs[j];
					less[n++] = e.pairs[j + 1];
				}
			assert_int_equal(message_decode(STR("1-0"), less, n, &m, NULL),
					 required ? FAIL_INPUT : FAIL_NONE);
		}
		arena_release(&e.arena);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *pairs[8];
		const char *why;
	} cases[] = {
		{{"type", "no.such"}, "unknown message 'no.such'"},
		{{"x", "y"}, "field 'type' is there 0 times"},
		{{"type", "token", "type", "token"}, "field 'type' is there 2 times"},
		{{"type", "run.admitted", "namespace", "A", "run", "x"},
		 "field 'namespace': not a name"},
		{{"type", "run.admitted", "namespace", "", "run", "x"},
		 "field 'namespace': not a name"},
		{{"type", "flow.retried", "attempt", "-1"}, "field 'attempt': not a number"},
		{{"type", "flow.retried", "attempt", "1e3"}, "field 'attempt': not a number"},
		{{"type", "flow.retried", "attempt", "1000001"}, "field 'attempt': too large"},
		{{"type", "token", "step", "a\nb", "token", "x"}, "field 'step': not a word"},
		{{"type", "token", "step", "a", "token", "\xff"}, "field 'token': not UTF-8"},
		{{"type", "token.reset", "step", "a", "step", "b"},
		 "field 'step' is there twice"},
		{{"type", "token.reset", "step", "a", "at", "x"},
		 "field 'at': not a time in ms"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str pairs[8];
		struct message m;
		struct why why = {""};
		size_t n = 0;

		while (n < 8 && cases[i].pairs[n]) {
			pairs[n] = str_of(cases[i].pairs[n]);
			n++;
		}
		assert_int_equal(message_decode(STR("1-0"), pairs, n, &m, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void test_unknown_fields_are_skipped(void **state)
{
	const struct str pairs[] = {STR("type"), STR("token.reset"), STR("step"),     STR("a"),
				    STR("mood"), STR("good"),	     STR("mood.key"), STR("k")};
	struct message m;

	(void)state;
	assert_int_equal(message_decode(STR("1-0"), pairs, 8, &m, NULL), FAIL_NONE);
	assert_true(str_is(m.step, "a"));
}

static struct str keep(void *arg, const char *field, struct str text)
{
	assert_string_equal(field, "prompt");
	*(struct str *)arg = text;
	return STR("text:a:prompt");
}

static void give(void *arg, struct str key, struct str *text)
{
	assert_true(str_is(key, "text:a:prompt"));
	*text = *(struct str *)arg;
}

static void test_long_texts_are_kept_beside(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct message m = {.type = MSG_RUN_REQUESTED,
			    .namespace = STR("default"),
			    .run = STR("r"),
			    .agent = STR("a")},
		       back;
	struct str pairs[2 * ENTRY_MAX_FIELDS], kept = {NULL, 0};
	char text[ENTRY_INLINE_BYTES + 2];
	size_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	m.prompt = str_n(text, ENTRY_INLINE_BYTES);
	message_spill(&m, ENTRY_INLINE_BYTES, keep, &kept);
	assert_null(kept.ptr);
	m.prompt = str_n(text, ENTRY_INLINE_BYTES + 1);
	message_spill(&m, ENTRY_INLINE_BYTES, keep, &kept);
	assert_int_equal(kept.len, ENTRY_INLINE_BYTES + 1);
	assert_int_equal(message_encode(&a, &m, pairs, &n, NULL), FAIL_NONE);
	assert_int_equal(message_decode(STR("1-0"), pairs, n, &back, NULL), FAIL_NONE);
	assert_null(back.prompt.ptr);
	message_missing(&back, give, &kept);
	assert_int_equal(back.prompt.len, ENTRY_INLINE_BYTES + 1);
}

static void test_printed(void **state)
{
	AUTO_BUF b = BUF(1000);
	struct message m = {.type = MSG_STEP_STARTED, .step = STR("a"), .iteration = 2};

	(void)state;
	message_print(&b, &m);
	assert_string_equal(buf_cstr(&b), "step.started step=\"a\" iteration=2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown_fields_are_skipped),
		cmocka_unit_test(test_long_texts_are_kept_beside),
		cmocka_unit_test(test_printed),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
