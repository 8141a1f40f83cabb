#include "base/limits.h"

const struct limits limits_default = {
#define LIMIT(field, setting, who, type, initial, least, most, rule, help) .field = (initial),
#include "base/limits.def"
#undef LIMIT
};
