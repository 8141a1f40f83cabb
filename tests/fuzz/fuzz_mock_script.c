/* Scripts of the mock: a refused one says where, an accepted one can be played to its end. */
// needs: agent
#include <stdlib.h>

#include "agent/mock_script.h"
#include "agent/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_MAX_BYTES = 1 << 16, CALLS = 4 };

static void play(struct mock_script *script, const struct conversation *c)
{
	struct model_call call = {
		.provider = PROVIDER_MOCK,
		.model = STR("mock"),
		.conversation = c,
		.max_output_tokens = 1,
		.script = script,
	};
	struct model_stream *s = model_stream_new(&call, ANSWER_MAX_BYTES, NULL, NULL);
	int64_t delay;

	while (model_play(s, &delay))
		if (delay < 0 || delay > MOCK_DELAY_MAX_MS)
			abort();
	if (model_answer(s)->error.kind == MODEL_FINE && !model_answer(s)->usage_known)
		abort();
	model_stream_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mock_script script;
	struct conversation c;
	struct why why = {""};

	if (mock_script_load(&script, str_n((const char *)data, size), &why)) {
		if (!str_starts(why_str(&why), STR("mock script")))
			abort();
		return 0;
	}
	conversation_init(&c, ANSWER_MAX_BYTES);
	if (conversation_add_user(&c, STR("a word"), &why))
		abort();
	for (int i = 0; i < CALLS; i++)
		play(&script, &c);
	conversation_release(&c);
	mock_script_release(&script);
	return 0;
}
