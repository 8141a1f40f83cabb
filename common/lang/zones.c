/* The zones of the system, loaded when they are asked for. The rest of the zones is pure. */
#include <stdlib.h>

#include "base/file.h"
#include "lang/zone.h"

enum { FILE_MAX_BYTES = 256 << 10, NAME_MAX_BYTES = 255 };

struct named {
	char *name;
	struct zone *zone;
};

struct zones {
	char *dir;
	struct named *list; /* tzdata has some 600 names, a suite uses a handful */
	size_t count;
};

struct zones *zones_new(const char *dir)
{
	struct zones *zs = xcalloc(1, sizeof(*zs));

	zs->dir = xstrndup(str_of(dir ? dir : "/usr/share/zoneinfo"));
	return zs;
}

struct zones *zones_free(struct zones *zs)
{
	if (zs) {
		for (size_t i = 0; i < zs->count; i++) {
			free(zs->list[i].name);
			zone_free(zs->list[i].zone);
		}
		free(zs->list);
		free(zs->dir);
		free(zs);
	}
	return NULL;
}

/* No dots, so no way out of the folder; no empty parts, so no absolute path. */
static bool is_zone_name(struct str name)
{
	struct str rest = name, part;

	if (name.len == 0 || name.len > NAME_MAX_BYTES)
		return false;
	while (str_next(&rest, '/', &part)) {
		if (part.len == 0)
			return false;
		for (size_t i = 0; i < part.len; i++) {
			char c = part.ptr[i];

			if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			    !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+')
				return false;
		}
	}
	return true;
}

static struct zone *load(const char *dir, struct str name)
{
	AUTO_BUF path = BUF(8192), bytes = BUF(FILE_MAX_BYTES);

	buf_addf(&path, "%s/%.*s", dir, STR_ARG(name));
	if (path.full || file_read(buf_str(&path), &bytes, NULL))
		return NULL;
	return zone_parse(buf_str(&bytes), NULL);
}

const struct zone *zones_get(struct zones *zs, struct str name)
{
	struct zone *z;

	if (name.len == 0 || str_is(name, "UTC"))
		return zone_utc();
	for (size_t i = 0; i < zs->count; i++)
		if (str_is(name, zs->list[i].name))
			return zs->list[i].zone;
	if (!is_zone_name(name))
		return NULL;
	z = load(zs->dir, name);
	if (!z)
		return NULL;
	zs->list = xrealloc(zs->list, zs->count + 1, sizeof(*zs->list));
	zs->list[zs->count++] = (struct named){xstrndup(name), z};
	return z;
}
