#include "support.h"

#include "kinds/prompt.h"
#include "kinds/run_input.h"

static const struct value five = {.kind = VALUE_STR, .string = {.text = {"5", 1}}};
static const struct input declared[] = {
	{.name = {"topic", 5}, .type = INPUT_STRING, .required = true},
	{.name = {"n", 1}, .type = INPUT_NUMBER},
	{.name = {"limit", 5}, .type = INPUT_NUMBER, .fallback = &five},
	{.name = {"deep", 4}, .type = INPUT_BOOLEAN},
	{.name = {"opts", 4}, .type = INPUT_OBJECT},
	{.name = {"list", 4}, .type = INPUT_ARRAY},
};
enum { DECLARED = sizeof(declared) / sizeof(declared[0]) };

/* SPEC 9.5, 9.6: declared ones in their order, then the others by bytes. */
static void test_resolve(void **state)
{
	static const struct {
		const char *given, *typed, *prompt;
	} cases[] = {
		{"{'topic':'x'}",
		 "{'topic':'x','n':0,'limit':5,'deep':false,'opts':{},'list':[]}",
		 "topic: x\nlimit: 5\n"},
		{"{'zz':null,'b':[1, "
		 "2],'a':true,'topic':7,'n':'1.50','deep':'true','limit':null,'opts':'{}','"
		 "list':' [ 1 ] '}",
		 "{'topic':'7','n':1.50,'limit':5,'deep':true,'opts':{},'list':[1],'a':true,'b'"
		 ":[1,2],'zz':null}",
		 "topic: 7\nn: 1.50\nlimit: 5\ndeep: true\nopts: {}\nlist: [1]\na: true\n"
		 "b: [1,2]\n"},
		{"{'topic':['a',{'b':null}]}",
		 "{'topic':'[\\u0022a\\u0022,{\\u0022b\\u0022:null}]','n':0,'limit':5,'deep':"
		 "false,'opts':{},'list':[]}",
		 "topic: [\"a\",{\"b\":null}]\nlimit: 5\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF prompt = BUF(1024);
		struct value given = json(&a, cases[i].given);
		struct value want = json(&a, cases[i].typed);
		struct run_input in;
		struct why why = {""};

		if (run_input_resolve(&a, declared, DECLARED, &given, &in, &why))
			fail_msg("%s", why.text);
		assert_text(json_text(&a, &in.typed), json_text(&a, &want).ptr);
		prompt_add_input(&prompt, &in.given);
		assert_string_equal(buf_cstr(&prompt), cases[i].prompt);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *given, *why;
	} cases[] = {
		{"{}", "input \"topic\": is required"},
		{"{'topic':null}", "input \"topic\": is required"},
		{"{'topic':'x','n':'a'}", "input \"n\": expected number"},
		{"{'topic':'x','n':''}", "input \"n\": expected number"},
		{"{'topic':'x','n':'true'}", "input \"n\": expected number"},
		{"{'topic':'x','n':[1]}", "input \"n\": expected number"},
		{"{'topic':'x','n':'1 2'}", "input \"n\": expected number"},
		{"{'topic':'x','deep':1}", "input \"deep\": expected boolean"},
		{"{'topic':'x','opts':[]}", "input \"opts\": expected object"},
		{"{'topic':'x','list':'{}'}", "input \"list\": expected array"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value given = json(&a, cases[i].given);
		struct run_input in;
		struct why why = {""};

		assert_int_equal(run_input_resolve(&a, declared, DECLARED, &given, &in, &why),
				 FAIL_INPUT);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void test_nothing_declared(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value given = json(&a, "{'b':1,'a':'x'}");
	struct run_input in;

	(void)state;
	assert_int_equal(run_input_resolve(&a, NULL, 0, &given, &in, NULL), FAIL_NONE);
	assert_text(json_text(&a, &in.typed), "{\"a\":\"x\",\"b\":1}");
	assert_int_equal(run_input_resolve(&a, NULL, 0, NULL, &in, NULL), FAIL_NONE);
	assert_text(json_text(&a, &in.typed), "{}");
	assert_text(json_text(&a, &in.given), "{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nothing_declared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
