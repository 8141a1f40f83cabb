/* The state of a run as foreign bytes: what is accepted comes back the same. */
#include <stdlib.h>

#include "runs/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct run r, back;
	struct str once;

	if (run_decode(&a, str_n((const char *)data, size), &r, NULL))
		return 0;
	once = run_encode(&a, &r);
	if (run_decode(&a, once, &back, NULL) || !str_eq(run_encode(&a, &back), once))
		abort();
	return 0;
}
