#include "kube/kube_frames.h"

void kube_frames_init(struct kube_frames *f, size_t max_object_bytes)
{
	*f = (struct kube_frames){.object = BUF(max_object_bytes)};
}

void kube_frames_release(struct kube_frames *f)
{
	buf_release(&f->object);
}

/* Follows one byte; true when it ends the object. */
static bool follow(struct kube_frames *f, char c)
{
	if (f->in_string) {
		if (f->escaped)
			f->escaped = false;
		else if (c == '\\')
			f->escaped = true;
		else if (c == '"')
			f->in_string = false;
		return false;
	}
	switch (c) {
	case '"': f->in_string = true; return false;
	case '{':
	case '[': f->depth++; return false;
	case '}':
	case ']': return --f->depth == 0;
	default: return false;
	}
}

/* Bytes of the chunk up to the start of an object; STR_NONE when there is something else. */
static size_t skip_blanks(struct str chunk)
{
	size_t i = 0;

	while (i < chunk.len && (chunk.ptr[i] == ' ' || chunk.ptr[i] == '\n' ||
				 chunk.ptr[i] == '\r' || chunk.ptr[i] == '\t'))
		i++;
	return i == chunk.len || chunk.ptr[i] == '{' ? i : STR_NONE;
}

enum kube_frame kube_frames_next(struct kube_frames *f, struct str *chunk,
				 struct str *ret_object)
{
	size_t i;
	bool ends = false;

	if (f->delivered)
		buf_clear(&f->object);
	f->delivered = false;
	if (!f->bad && !f->depth) {
		i = skip_blanks(*chunk);
		f->bad = i == STR_NONE;
		*chunk = str_from(*chunk, f->bad ? 0 : i);
	}
	if (f->bad)
		return KUBE_FRAME_BAD;
	for (i = 0; i < chunk->len && !ends; i++)
		ends = follow(f, chunk->ptr[i]);
	buf_add(&f->object, str_sub(*chunk, 0, i));
	*chunk = str_from(*chunk, i);
	if (f->object.full) {
		f->bad = true;
		return KUBE_FRAME_BAD;
	}
	if (!ends)
		return KUBE_FRAME_MORE;
	f->delivered = true;
	*ret_object = buf_str(&f->object);
	return KUBE_FRAME;
}
