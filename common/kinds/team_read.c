#include "kinds/team_read.h"

#include "kinds/shared.h"

/* ---- names to indexes ---- */

/* Names were checked to differ. */
static struct value index_names(const struct view *v, const char *list, const char *member)
{
	struct value_builder b;
	size_t n = read_count(v, list);

	value_map_begin(&b, v->arena);
	for (size_t i = 0; i < n; i++) {
		struct view item = read_item(v, list, i);

		value_map_add(&b, read_text(&item, member), value_int((int64_t)i));
	}
	return value_map_last_wins(&b);
}

static size_t index_of(const struct value *names, struct str name)
{
	const struct value *at = value_get(names, name);

	return at ? (size_t)at->integer : TEAM_NONE;
}

static const struct team_link *read_links(const struct view *v, const char *name,
					  const struct value *names, size_t *ret_count)
{
	const struct value *list = value_get(v->value, str_of(name));
	size_t n = read_count(v, name);
	struct team_link *links = ARENA_ARRAY(v->arena, n, struct team_link);

	for (size_t i = 0; i < n; i++) {
		links[i].source = value_at(list, i);
		links[i].name = value_text(links[i].source);
		links[i].at = index_of(names, links[i].name);
	}
	*ret_count = n;
	return links;
}

/* ---- inputs and roles ---- */

static void read_inputs(const struct view *v, struct team *ret)
{
	size_t n = read_count(v, "inputs");
	struct input *inputs = ARENA_ARRAY(v->arena, n, struct input);

	for (size_t i = 0; i < n; i++) {
		struct view in = read_item(v, "inputs", i);

		inputs[i] = (struct input){
			.name = read_text(&in, "name"),
			.description = read_text(&in, "description"),
			.type = (enum input_type)read_choice(&in, "type"),
			.required = read_bool(&in, "required"),
			.fallback = read_value(&in, "default"),
		};
	}
	ret->inputs = inputs;
	ret->input_count = n;
}

static void read_roles(const struct view *v, const struct value *names, struct team *ret)
{
	size_t n = read_count(v, "roles");
	struct role *roles = ARENA_ARRAY(v->arena, n, struct role);

	for (size_t i = 0; i < n; i++) {
		struct view r = read_item(v, "roles", i);
		bool agent = read_given(&r, "arkAgent"), team = read_given(&r, "arkTeam");

		roles[i] = (struct role){
			.name = read_text(&r, "name"),
			.kind = team	? ROLE_TEAM
				: agent ? ROLE_AGENT
					: ROLE_INLINE,
			.target = read_ref(&r, team ? "arkTeam" : "arkAgent"),
			.model = read_text(&r, "model"),
			.source = r.value,
		};
		roles[i].can_delegate =
			read_links(&r, "canDelegate", names, &roles[i].can_delegate_count);
	}
	ret->roles = roles;
	ret->role_count = n;
}

/* ---- steps ---- */

/* SPEC 5.6: a list keeps its order, a map is in byte order. */
static struct pair_list read_step_inputs(const struct view *step)
{
	const struct value *x = value_get(step->value, STR("inputs"));
	struct pair *items;

	if (!value_is(x, VALUE_LIST))
		return read_pairs(step, "inputs");
	items = ARENA_ARRAY(step->arena, x->list.count, struct pair);
	for (size_t i = 0; i < x->list.count; i++) {
		struct view in = read_item(step, "inputs", i);

		items[i] = (struct pair){read_text(&in, "name"), read_text(&in, "value")};
	}
	return (struct pair_list){items, x->list.count};
}

static struct step_loop read_loop(const struct view *step)
{
	struct view l = read_object(step, "loop");

	return (struct step_loop){
		.present = l.value != NULL,
		.condition = read_text(&l, "condition"),
		.max_iterations = read_int(&l, "maxIterations"),
	};
}

static struct step_validate read_validate(const struct view *step)
{
	struct view c = read_object(step, "validate");
	bool retry = str_is(read_text(&c, "onFailure"), "retry");

	return (struct step_validate){
		.reject_patterns = read_texts(&c, "rejectPatterns"),
		.contains = read_text(&c, "contains"),
		.schema = read_schema(&c, "schema"),
		.semantic = read_text(&c, "semantic"),
		.semantic_model = read_text(&c, "semanticModel"),
		.retry = retry,
		.max_retries = retry ? read_int(&c, "maxRetries") : 0,
	};
}

static struct step_lookup read_lookup(const struct view *step)
{
	struct view l = read_object(step, "registryLookup");

	return (struct step_lookup){
		.present = l.value != NULL,
		.capability = read_text(&l, "capability"),
		.tags = read_texts(&l, "tags"),
		.strategy = (enum lookup_strategy)read_choice(&l, "strategy"),
		.registry = read_ref(&l, "registryRef"),
		.fallback = read_text(&l, "fallback"),
	};
}

static void read_artifacts(const struct view *step, struct step *ret)
{
	size_t n = read_count(step, "outputArtifacts");
	struct output_artifact *list = ARENA_ARRAY(step->arena, n, struct output_artifact);

	for (size_t i = 0; i < n; i++) {
		struct view o = read_item(step, "outputArtifacts", i);

		list[i] = (struct output_artifact){
			.name = read_text(&o, "name"),
			.description = read_text(&o, "description"),
			.content_type = read_text(&o, "contentType"),
		};
	}
	ret->output_artifacts = list;
	ret->output_artifact_count = n;
	ret->input_artifacts = read_pairs(step, "inputArtifacts");
}

static void read_steps(const struct view *v, const struct value *roles, struct team *ret)
{
	struct value names = index_names(v, "pipeline", "role");
	size_t n = read_count(v, "pipeline");
	struct step *steps = ARENA_ARRAY(v->arena, n, struct step);

	for (size_t i = 0; i < n; i++) {
		struct view s = read_item(v, "pipeline", i);
		struct step *step = &steps[i];

		*step = (struct step){
			.name = read_text(&s, "role"),
			.has_inputs = read_given(&s, "inputs"),
			.inputs = read_step_inputs(&s),
			.has_condition = read_given(&s, "if"),
			.condition = read_text(&s, "if"),
			.loop = read_loop(&s),
			.output_schema = read_schema(&s, "outputSchema"),
			.validate = read_validate(&s),
			.lookup = read_lookup(&s),
			.source = s.value,
		};
		step->role = index_of(roles, step->name);
		step->depends_on = read_links(&s, "dependsOn", &names, &step->depends_on_count);
		read_artifacts(&s, step);
	}
	ret->steps = steps;
	ret->step_count = n;
}

/* ---- the rest ---- */

static struct artifact_store read_store(const struct view *v)
{
	struct view s = read_object(v, "artifactStore");
	struct view local = read_object(&s, "local");
	struct view s3 = read_object(&s, "s3");
	struct view gcs = read_object(&s, "gcs");
	struct artifact_store ret = {.type = ARTIFACTS_NONE};

	if (!s.value)
		return ret;
	ret.type = (enum artifact_type)(ARTIFACTS_LOCAL + read_choice(&s, "type"));
	switch (ret.type) {
	case ARTIFACTS_NONE: break;
	case ARTIFACTS_LOCAL:
		ret.path = read_text(&local, "path");
		ret.claim = read_text(&local, "claimName");
		break;
	case ARTIFACTS_S3:
		ret.bucket = read_text(&s3, "bucket");
		ret.region = read_text(&s3, "region");
		ret.prefix = read_text(&s3, "prefix");
		ret.endpoint = read_text(&s3, "endpoint");
		ret.credentials = read_ref(&s3, "credentialsSecret");
		break;
	case ARTIFACTS_GCS:
		ret.bucket = read_text(&gcs, "bucket");
		ret.prefix = read_text(&gcs, "prefix");
		ret.credentials = read_ref(&gcs, "credentialsSecret");
		break;
	}
	return ret;
}

/* What an ArkTeam has and the snapshot of a run does not. */
static void read_team_only(const struct view *v, struct team *ret)
{
	struct view limits = read_object(v, "limits");
	struct view scaling = read_object(v, "autoscaling");
	struct view zero = read_object(&scaling, "scaleToZero");

	ret->max_daily_tokens = read_int(&limits, "maxDailyTokens");
	ret->keep_succeeded = read_int(v, "successfulRunsHistoryLimit");
	ret->keep_failed = read_int(v, "failedRunsHistoryLimit");
	ret->retain_for = read_text(v, "runRetainFor");
	ret->notify = read_ref(v, "notifyRef");
	ret->budget = read_ref(v, "budgetRef");
	if (read_given(v, "registryRef"))
		ret->registry = read_ref(v, "registryRef");
	ret->artifacts = read_store(v);
	ret->autoscaling = read_bool(&scaling, "enabled");
	ret->scale_to_zero = read_bool(&zero, "enabled");
	ret->scale_to_zero_after_seconds = read_int(&zero, "afterSeconds");
}

static void read_entry(const struct view *v, const struct value *roles, struct team *ret)
{
	ret->entry = TEAM_NONE;
	if (read_given(v, "entry"))
		ret->entry = index_of(roles, read_text(v, "entry"));
	else if (ret->mode == TEAM_DYNAMIC && ret->role_count == 1)
		ret->entry = 0;
}

void team_read(const struct view *v, struct team *ret)
{
	struct value roles = index_names(v, "roles", "name");
	struct view routing = read_object(v, "routing");

	*ret = (struct team){
		.mode = routing.value		    ? TEAM_ROUTED
			: read_given(v, "pipeline") ? TEAM_PIPELINE
						    : TEAM_DYNAMIC,
		.has_output = read_given(v, "output"),
		.output = read_text(v, "output"),
		.input = read_value(v, "input"),
		.timeout_seconds = read_int(v, "timeoutSeconds"),
		.max_tokens = read_int(v, "maxTokens"),
		.registry = STR("default"),
	};
	read_inputs(v, ret);
	read_roles(v, &roles, ret);
	read_steps(v, &roles, ret);
	read_entry(v, &roles, ret);
	if (routing.value)
		ret->routing = (struct team_routing){
			.registry = read_ref(&routing, "registryRef"),
			.model = read_text(&routing, "model"),
			.system_prompt = read_text(&routing, "systemPrompt"),
			.fallback = read_text(&routing, "fallback"),
		};
	if (v->table == &table_team)
		read_team_only(v, ret);
}
