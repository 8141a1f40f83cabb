/*
 * An endless sequence of JSON objects, cut into objects: the body of a watch (INTERFACES 20.4).
 * Pure, incremental, any chunking. Brackets and strings are followed, nothing else: the parser
 * that gets an object finds what is wrong in it.
 *
 *	while ((r = kube_frames_next(&f, &chunk, &object)) == KUBE_FRAME)
 *		use(object);
 */
#ifndef ARK_KUBE_KUBE_FRAMES_H
#define ARK_KUBE_KUBE_FRAMES_H

#include "base/buf.h"
#include "base/fail.h"

enum kube_frame {
	KUBE_FRAME_MORE, /* the chunk is used up */
	KUBE_FRAME,	 /* *ret_object is whole */
	KUBE_FRAME_BAD, /* bytes between objects that are no blanks, or an object over the limit */
};

struct kube_frames {
	struct buf object;
	unsigned depth; /* open brackets; 0 = between objects */
	bool in_string, escaped, delivered, bad;
};

void kube_frames_init(struct kube_frames *f, size_t max_object_bytes);
void kube_frames_release(struct kube_frames *f);
/* Takes bytes off *chunk up to the end of the next object. The object lives until the next call. A
 * failure is final. */
enum kube_frame kube_frames_next(struct kube_frames *f, struct str *chunk,
				 struct str *ret_object) MUST_CHECK;

#endif
