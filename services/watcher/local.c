#include "watcher/local.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "lang/rfc3339.h"
#include "process/clock.h"

/* What is kept of a local object; its file follows it in the same block. */
struct identity {
	char spec_hash[KNOWN_VERSION_DIGITS + 1], uid[40], created[40];
	int64_t generation;
	size_t file_len; /* 0 = not known yet */
	char file[];
};

static void copy_text(char *to, size_t size, struct str s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	if (n)
		memcpy(to, s.ptr, n);
	to[n] = '\0';
}

static struct str file_of(const struct known *k)
{
	const struct identity *i = k->more;

	return i ? str_n(i->file, i->file_len) : str_n(NULL, 0);
}

/* Its identity, which knows now that it came from that file. */
static struct identity *identity_of(struct known *k, struct str file)
{
	struct identity *i;

	if (k->more && str_eq(file_of(k), file))
		return k->more;
	i = xcalloc(1, sizeof(*i) + file.len + 1);
	if (k->more)
		memcpy(i, k->more, sizeof(*i));
	i->file_len = file.len;
	if (file.len)
		memcpy(i->file, file.ptr, file.len);
	free(k->more);
	k->more = i;
	return i;
}

void local_learn(void *arg, struct known *k, struct str json)
{
	struct identity *i = identity_of(k, STR(""));
	AUTO_ARENA a = ARENA_INIT;
	struct object o;
	struct value v;

	(void)arg;
	if (json_parse(&a, json, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL) ||
	    object_load(&v, &o, NULL))
		return; /* version stays empty: it is published anew, or removed */
	copy_text(k->version, sizeof(k->version), o.resource_version);
	copy_text(i->uid, sizeof(i->uid), o.uid);
	copy_text(i->created, sizeof(i->created), o.created);
	copy_text(i->spec_hash, sizeof(i->spec_hash),
		  object_annotation(&o, STR(ARK_LABEL "spec-hash")));
	i->generation = o.generation;
}

static void make_identity(struct arena *a, const struct known *k, struct identity *i,
			  struct str spec_hash)
{
	int64_t now = process_now_ms();

	if (!i->uid[0]) {
		struct str seed = arena_printf(a, "%s %lld", k->field, (long long)now);
		AUTO_BUF created = BUF(40);
		char hex[SHA256_HEX_SIZE];

		sha256_hex(seed, hex);
		copy_text(i->uid, sizeof(i->uid),
			  arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
				       hex + 16, hex + 20));
		rfc3339_add(&created, now / 1000);
		copy_text(i->created, sizeof(i->created), buf_str(&created));
	}
	if (!str_is(spec_hash, i->spec_hash)) {
		i->generation++;
		copy_text(i->spec_hash, sizeof(i->spec_hash), spec_hash);
	}
}

/* The object with what an API server would have added to its metadata. */
static struct str with_identity(struct arena *a, const struct said_object *s,
				const struct known *k, const struct identity *i)
{
	struct value_builder object, metadata, marks;
	struct value v, old, over, mark;

	if (json_parse(a, s->json, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL))
		BROKEN("what was just written does not parse");
	old = value_get(&v, STR("metadata")) ? *value_get(&v, STR("metadata")) : value_nil;
	value_map_begin(&marks, a);
	value_map_add(&marks, STR(ARK_LABEL "spec-hash"), value_str(str_of(i->spec_hash)));
	mark = value_map_done(&marks);
	value_map_begin(&metadata, a);
	value_map_add(&metadata, STR("namespace"), value_str(s->object->namespace));
	value_map_add(&metadata, STR("uid"), value_str(str_of(i->uid)));
	value_map_add(&metadata, STR("generation"), value_int(i->generation));
	value_map_add(&metadata, STR("resourceVersion"), value_str(str_of(k->version)));
	value_map_add(&metadata, STR("creationTimestamp"), value_str(str_of(i->created)));
	value_map_add(&metadata, STR("annotations"),
		      value_merge(a, value_get(&old, STR("annotations")), &mark));
	over = value_map_done(&metadata);
	old = value_merge(a, &old, &over);
	value_map_begin(&object, a);
	value_map_add(&object, STR("metadata"), old);
	over = value_map_done(&object);
	v = value_merge(a, &v, &over);
	return json_text(a, &v);
}

static void say_one(struct publish *p, const struct said_object *s, unsigned round)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF spec = BUF(SIZE_MAX / 2);
	struct str field =
		arena_printf(&a, "%s/%.*s/%.*s", kind_name(s->object->kind),
			     STR_ARG(s->object->namespace), STR_ARG(s->object->name));
	struct known *k = known_make(publish_known(p), field);
	struct identity *i = identity_of(k, s->object->file);
	char version[KNOWN_VERSION_DIGITS + 1], spec_hash[KNOWN_VERSION_DIGITS + 1];

	k->round = round;
	known_digest(s->content, version);
	if (strcmp(version, k->version) == 0)
		return;
	if (s->object->spec)
		json_add_sorted(&spec, s->object->spec);
	known_digest(s->object->spec ? buf_str(&spec) : s->content, spec_hash);
	make_identity(&a, k, i, str_of(spec_hash));
	memcpy(k->version, version, sizeof(version));
	publish_put(p, &(struct published){.field = field,
					   .version = str_of(k->version),
					   .uid = str_of(i->uid),
					   .generation = i->generation,
					   .json = with_identity(&a, s, k, i)});
}

/* --- what is gone ------------------------------------------------------------------------------------ */

struct sweep {
	struct publish *publish;
	const struct said *said;
	unsigned round;
};

static bool came_from_broken(const struct known *k, const struct said *said)
{
	struct str file = file_of(k);

	for (size_t i = 0; i < said->broken_count; i++)
		if (!file.len || str_starts(file, said->broken_files[i]))
			return true;
	return false;
}

static bool is_gone(void *arg, struct known *k)
{
	struct sweep *s = arg;

	if (k->round == s->round || came_from_broken(k, s->said))
		return false;
	publish_gone(s->publish, known_field(k));
	return true;
}

bool local_say(struct publish *p, const struct said *said)
{
	unsigned round = ++publish_known(p)->round;
	struct sweep sweep = {p, said, round};

	if (!publish_leads(p))
		return false;
	for (size_t i = 0; i < said->count; i++)
		say_one(p, &said->objects[i], round);
	known_sweep(publish_known(p), is_gone, &sweep);
	return publish_flush(p);
}
