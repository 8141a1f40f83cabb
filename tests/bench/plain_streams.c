/*
 * What anyone would write on Redis streams in an afternoon, to run three steps in a row:
 *
 *	plain_streams SOCKET decide	takes requests and results, queues the next step
 *	plain_streams SOCKET work	takes steps, "answers" them at once
 *	plain_streams SOCKET request COUNT [RATE]	asks for runs and waits for their end
 *
 * Streams with consumer groups, a hash for each run, everything pipelined. And nothing of what ark
 * adds: no HTTP, no commit that is whole or not at all, no takeover, no templates, no events, no
 * spend, no trimming of what is done. A crash loses or doubles work.
 */
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

enum { STEPS = 3, COUNT = 64, LOOK_US = 2000 };

static const char *const steps[STEPS] = {"a", "b", "c"};
static redisContext *redis;
static unsigned due; /* answers of what was sent */

static redisReply *answer(void)
{
	void *reply = NULL;

	need(redisGetReply(redis, &reply) == REDIS_OK, "Redis");
	return reply;
}

static void send_all(void)
{
	for (; due; due--)
		freeReplyObject(answer());
}

#define SEND(...) (need(redisAppendCommand(redis, __VA_ARGS__) == REDIS_OK, "send"), due++)

static const char *field(const redisReply *entry, const char *name)
{
	const redisReply *fields = entry->element[1];

	for (size_t i = 0; i + 1 < fields->elements; i += 2)
		if (strcmp(fields->element[i]->str, name) == 0)
			return fields->element[i + 1]->str;
	return "";
}

static size_t step_of(const redisReply *entry)
{
	for (size_t i = 0; i < STEPS; i++)
		if (strcmp(steps[i], field(entry, "step")) == 0)
			return i;
	return 0;
}

static void decide(const redisReply *entry)
{
	const char *run = field(entry, "run");
	bool is_request = strcmp(field(entry, "type"), "run.requested") == 0;
	size_t next = is_request ? 0 : step_of(entry) + 1;

	if (is_request)
		SEND("HSET plain:state:%s phase running input %s", run, field(entry, "input"));
	else
		SEND("HSET plain:state:%s %s %s", run, field(entry, "step"),
		     field(entry, "output"));
	if (next < STEPS) {
		SEND("XADD plain:tasks * type task.requested run %s step %s prompt %s", run,
		     steps[next], field(entry, is_request ? "input" : "output"));
	} else {
		SEND("HSET plain:state:%s phase succeeded", run);
		SEND("INCR plain:ended");
	}
	SEND("XACK plain:runs group %s", entry->element[0]->str);
}

static void work(const redisReply *entry)
{
	const char *run = field(entry, "run"), *step = field(entry, "step");

	SEND("XADD plain:run:default.%s * type step.started step %s", run, step);
	SEND("XADD plain:runs * type task.finished run %s step %s output %s", run, step,
	     "mock response");
	SEND("XACK plain:tasks group %s", entry->element[0]->str);
}

/* Reads a stream for ever, and hands each of its entries on. */
static void serve(const char *stream, void (*handle)(const redisReply *entry))
{
	SEND("XGROUP CREATE %s group 0 MKSTREAM", stream);
	send_all();
	for (;;) {
		redisReply *r;

		need(redisAppendCommand(
			     redis,
			     "XREADGROUP GROUP group me COUNT %d BLOCK 1000 STREAMS %s >",
			     COUNT, stream) == REDIS_OK,
		     "read");
		r = answer();
		need(r->type != REDIS_REPLY_ERROR, "read");
		for (size_t i = 0;
		     r->type == REDIS_REPLY_ARRAY && i < r->element[0]->element[1]->elements;
		     i++)
			handle(r->element[0]->element[1]->element[i]);
		freeReplyObject(r);
		send_all();
	}
}

static long long ended(void)
{
	redisReply *r = redisCommand(redis, "GET plain:ended");
	long long n = r && r->str ? number(r->str) : 0;

	freeReplyObject(r);
	return n;
}

static void request(int64_t count, int64_t rate)
{
	long long want = ended() + count;
	int64_t start = now_us();

	for (int64_t i = 0; i < count; i++) {
		int64_t left = rate ? start + i * 1000000 / rate - now_us() : 0;

		if (left > 0)
			usleep((useconds_t)left);
		SEND("XADD plain:runs * type run.requested run r%lld-%d input %s", want, (int)i,
		     "{\"n\":\"000000001\"}");
		if (rate || due == COUNT)
			send_all();
	}
	send_all();
	while (ended() < want)
		usleep(LOOK_US);
	printf("{\"seconds\":%.6f}\n", (double)(now_us() - start) / 1e6);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr,
			"usage: plain_streams SOCKET decide|work|request [COUNT [RATE]]\n");
		return 2;
	}
	redis = redisConnectUnix(argv[1]);
	need(redis && !redis->err, "connect");
	if (strcmp(argv[2], "decide") == 0)
		serve("plain:runs", decide);
	else if (strcmp(argv[2], "work") == 0)
		serve("plain:tasks", work);
	else
		request(argc > 3 ? number(argv[3]) : 1, argc > 4 ? number(argv[4]) : 0);
	redisFree(redis);
	return 0;
}
