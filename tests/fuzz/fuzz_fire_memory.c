/* What other processes left in Redis: the memory of an idempotency key, the mark of a run. */
// needs: gateway
#include "gateway/fire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str text = str_n((const char *)data, size);
	struct fire_memory memory;
	struct run_mark mark;
	struct why why;

	if (!fire_memory_decode(&a, text, &memory, &why))
		PROMISE(memory.status >= 200 && memory.status <= 299 && memory.answer.ptr);
	if (!run_mark_decode(&a, text, &mark, &why))
		PROMISE(mark.token.ptr && mark.created_ms >= 0);
	return 0;
}
