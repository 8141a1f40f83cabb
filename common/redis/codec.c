#include "redis/codec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <hiredis.h>

#include "base/arena.h"

struct codec {
	redisReader *reader;
	struct arena arena; /* of the reply that is being read, or was given out last */
	size_t max_bytes;
	bool given;	 /* the arena holds a reply that was given out */
	const char *bad; /* why our functions refused, when they did */
};

/* --- what hiredis calls for each piece of a reply -------------------------------------------
 * A function that returns NULL makes the reader fail for good. Nothing is freed one by one.
 */

static void *refuse(struct codec *c, const char *words)
{
	c->bad = words;
	return NULL;
}

/* Where the piece belongs: the root, or its place in the array that holds it. */
static struct reply *place(const redisReadTask *task)
{
	struct codec *c = task->privdata;
	struct reply *parent;

	if (!task->parent)
		return ARENA_NEW(&c->arena, struct reply);
	parent = task->parent->obj;
	/* items is const for readers; the array itself is ours, in our arena. */
	return (struct reply *)(uintptr_t)&parent->items[task->idx];
}

static void *on_string(const redisReadTask *task, char *text, size_t len)
{
	struct codec *c = task->privdata;
	struct reply *r;

	if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_STATUS &&
	    task->type != REDIS_REPLY_ERROR)
		return refuse(c, "a type that RESP2 does not have");
	if (len > c->max_bytes || c->arena.used > c->max_bytes - len)
		return refuse(c, "a reply larger than the limit");
	r = place(task);
	r->kind = task->type == REDIS_REPLY_STRING   ? REPLY_STRING
		  : task->type == REDIS_REPLY_STATUS ? REPLY_STATUS
						     : REPLY_ERROR;
	r->text = arena_str(&c->arena, str_n(text, len));
	return r;
}

static void *array_of(const redisReadTask *task, size_t count)
{
	struct codec *c = task->privdata;
	struct reply *r;
	unsigned depth = 1;

	if (task->type != REDIS_REPLY_ARRAY)
		return refuse(c, "a type that RESP2 does not have");
	for (const redisReadTask *t = task->parent; t; t = t->parent)
		depth++;
	if (depth > REPLY_MAX_DEPTH)
		return refuse(c, "arrays nested too deep");
	/* The count is the peer's word: it is believed only as far as the limit goes. */
	if (c->arena.used > c->max_bytes ||
	    count > (c->max_bytes - c->arena.used) / sizeof(struct reply))
		return refuse(c, "an array larger than the limit");
	r = place(task);
	r->kind = REPLY_ARRAY;
	r->count = count;
	r->items = count ? ARENA_ARRAY(&c->arena, count, struct reply) : NULL;
	return r;
}

static void *on_integer(const redisReadTask *task, long long value)
{
	struct reply *r;

	if (task->type != REDIS_REPLY_INTEGER)
		return refuse(task->privdata, "a type that RESP2 does not have");
	r = place(task);
	r->kind = REPLY_INTEGER;
	r->integer = value;
	return r;
}

static void *on_nil(const redisReadTask *task)
{
	struct reply *r;

	/* In RESP2 a nil is a string or an array of length -1; RESP3 has a type for it. */
	if (task->type == REDIS_REPLY_NIL)
		return refuse(task->privdata, "a type that RESP2 does not have");
	r = place(task);
	r->kind = REPLY_NIL;
	return r;
}

static void on_free(void *obj)
{
	(void)obj;
}

#if HIREDIS_MAJOR >= 1
static void *on_array(const redisReadTask *task, size_t count)
{
	return array_of(task, count);
}

static void *on_double(const redisReadTask *task, double value, char *text, size_t len)
{
	(void)value, (void)text, (void)len;
	return refuse(task->privdata, "a type that RESP2 does not have");
}

static void *on_bool(const redisReadTask *task, int value)
{
	(void)value;
	return refuse(task->privdata, "a type that RESP2 does not have");
}
#else
static void *on_array(const redisReadTask *task, int count)
{
	return array_of(task, count < 0 ? 0 : (size_t)count);
}
#endif

static redisReplyObjectFunctions functions = {
	.createString = on_string,
	.createArray = on_array,
	.createInteger = on_integer,
	.createNil = on_nil,
#if HIREDIS_MAJOR >= 1
	.createDouble = on_double,
	.createBool = on_bool,
#endif
	.freeObject = on_free,
};

/* --- the codec ------------------------------------------------------------------------------
 */

struct codec *codec_new(size_t max_bytes)
{
	struct codec *c = xmalloc(sizeof(*c));

	c->max_bytes = max_bytes;
	c->reader = redisReaderCreateWithFunctions(&functions);
	PROMISE(c->reader);
	c->reader->privdata = c;
	return c;
}

void codec_free(struct codec *c)
{
	if (!c)
		return;
	redisReaderFree(c->reader);
	arena_release(&c->arena);
	free(c);
}

static enum fail failed(const struct codec *c, struct why *why)
{
	return failf(why, FAIL_INPUT, "Redis sent what is not an answer: %s",
		     c->bad ? c->bad : c->reader->errstr);
}

enum fail codec_feed(struct codec *c, struct str bytes, struct why *why)
{
	if (c->reader->err)
		return failed(c, why);
	if (bytes.len && redisReaderFeed(c->reader, bytes.ptr, bytes.len) != REDIS_OK)
		return failed(c, why);
	return FAIL_NONE;
}

enum fail codec_next(struct codec *c, const struct reply **ret_reply, struct why *why)
{
	void *r = NULL;

	if (c->given) {
		arena_reset(&c->arena);
		c->given = false;
	}
	if (redisReaderGetReply(c->reader, &r) != REDIS_OK)
		return failed(c, why);
	/* A string arrives whole before on_string sees it, so its bytes count while they wait. */
	if (!r && c->reader->len - c->reader->pos > c->max_bytes - (c->arena.used < c->max_bytes
									    ? c->arena.used
									    : c->max_bytes)) {
		c->bad = "a reply larger than the limit";
		c->reader->err = REDIS_ERR_PROTOCOL;
		return failed(c, why);
	}
	c->given = r != NULL;
	*ret_reply = r;
	return FAIL_NONE;
}

/* "*3\r\n" or "$5\r\n" */
enum { HEAD_BYTES = 1 + I64_TEXT_BYTES + 2 };

static char *put(char *to, struct str s)
{
	if (s.len)
		memcpy(to, s.ptr, s.len);
	return to + s.len;
}

static char *put_head(char *to, char kind, size_t n)
{
	char room[I64_TEXT_BYTES];

	*to++ = kind;
	to = put(to, i64_text((int64_t)n, room));
	return put(to, STR("\r\n"));
}

void codec_write(struct evbuffer *out, const struct str *argv, size_t argc)
{
	size_t most = HEAD_BYTES + argc * (HEAD_BYTES + 2);
	struct evbuffer_iovec space;
	char *p;

	PROMISE(argc > 0 && argc <= INT_MAX);
	for (size_t i = 0; i < argc; i++)
		most += argv[i].len;
	PROMISE(evbuffer_reserve_space(out, (ev_ssize_t)most, &space, 1) == 1);
	p = put_head(space.iov_base, '*', argc);
	for (size_t i = 0; i < argc; i++) {
		p = put_head(p, '$', argv[i].len);
		p = put(p, argv[i]);
		p = put(p, STR("\r\n"));
	}
	space.iov_len = (size_t)(p - (char *)space.iov_base);
	PROMISE(evbuffer_commit_space(out, &space, 1) == 0);
}
