/* The body of a watch: its objects do not hang on how the bytes come, and none passes the limit. */
#include <stdlib.h>

#include "kube/kube_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OBJECT_MAX_BYTES = 200 };

static enum kube_frame read_all(struct str text, size_t step, struct buf *out)
{
	struct kube_frames f;
	struct str object;
	enum kube_frame r = KUBE_FRAME_MORE;

	kube_frames_init(&f, OBJECT_MAX_BYTES);
	for (size_t i = 0; i < text.len && r == KUBE_FRAME_MORE; i += step) {
		struct str chunk = str_sub(text, i, i + step);

		while ((r = kube_frames_next(&f, &chunk, &object)) == KUBE_FRAME) {
			if (object.len > OBJECT_MAX_BYTES || object.ptr[0] != '{')
				abort();
			buf_addf(out, "%zu ", object.len);
			buf_add(out, object);
		}
	}
	kube_frames_release(&f);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	AUTO_BUF whole = BUF(64 * size + 1000);
	AUTO_BUF bytes = BUF(64 * size + 1000);
	enum kube_frame r = read_all(text, size + 1, &whole);

	/* A limit is found at another byte when they come one by one; what came before is the same. */
	if (read_all(text, 1, &bytes) != r || !str_eq(buf_str(&whole), buf_str(&bytes)))
		abort();
	return 0;
}
