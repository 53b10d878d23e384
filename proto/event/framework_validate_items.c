#include "proto/event/framework_schema.h"

#include <stdio.h>
#include <string.h>

/* --- parts of milestones, duties ---------------------------------------------------------------- */

static void validate_parts(const struct indicator *indicator, struct diag *diag)
{
    size_t weighted = 0;
    for (size_t i = 0; i < indicator->part_count; i++) {
        const struct part *part = &indicator->parts[i];
        if (part->id[0] != '\0' && indicator_part(indicator, part->id) != part)
            schema_find(diag, part->place, FINDING_ID_REPEATED, "id", part->id, "", "");
        if (part->weight.is_set && part->weight.value.unscaled < 0)
            schema_find(diag, part->place, FINDING_NUMBER_OUT, "weight", NULL, "权重不能为负",
                        "a weight is not negative");
        weighted += part->weight.is_set ? 1 : 0;
    }
    for (size_t i = 0; i < indicator->part_count && weighted > 0; i++)
        if (!indicator->parts[i].weight.is_set)
            schema_find(diag, indicator->parts[i].place, FINDING_WEIGHT_MISSING, "weight",
                        indicator->parts[i].id, "", "");
}

static void validate_stages(const struct indicator *indicator, struct diag *diag)
{
    if (indicator->stages.started < indicator->stages.planned)
        schema_find(diag, indicator->place, FINDING_NUMBER_OUT, "stages", NULL,
                    "started 不得小于 planned", "started is not below planned");
}

static void validate_since(const struct indicator *indicator, struct diag *diag)
{
    bool is_once = indicator->cadence == CADENCE_ONCE;
    if (indicator->since.is_set && !is_once &&
        indicator->since.period.frequency != cadence_frequency(indicator->cadence))
        schema_find(diag, indicator->place, FINDING_PERIOD_CADENCE, "since", NULL, "", "");
}

void framework_validate_items(const struct indicator *indicator, struct diag *diag)
{
    validate_parts(indicator, diag);
    validate_stages(indicator, diag);
    validate_since(indicator, diag);
}

const struct definition *identity_other(const struct figure_identity *identity)
{
    const struct indicator *other = identity->with != NULL ? identity->with : identity->of;
    return identity->definition_id[0] != '\0' ? indicator_definition(other, identity->definition_id)
                                              : indicator_primary_definition(other);
}

/* --- identities --------------------------------------------------------------------------------- */

static const struct indicator *refer(const struct framework *framework,
                                     const struct figure_identity *identity, const char *key,
                                     const char *id, struct diag *diag)
{
    char zh[160] = "没有这个指标", en[160] = "there is no such indicator";
    const struct indicator *indicator = id[0] != '\0' ? framework_indicator(framework, id) : NULL;
    if (indicator != NULL || id[0] == '\0')
        return indicator;
    const char *nearest = framework_suggest(framework, id);
    if (nearest != NULL) {
        snprintf(zh, sizeof zh, "是否指 %s", nearest);
        snprintf(en, sizeof en, "did you mean %s", nearest);
    }
    schema_find(diag, identity->place, FINDING_REFERENCE_UNKNOWN, key, id, zh, en);
    return NULL;
}

static void want(const struct figure_identity *identity, bool is_there, const char *key,
                 struct diag *diag)
{
    char zh[80], en[80];
    snprintf(zh, sizeof zh, "%s 需要 %s", identity_words[identity->kind], key);
    snprintf(en, sizeof en, "%s needs %s", identity_words[identity->kind], key);
    if (!is_there)
        schema_find(diag, identity->place, FINDING_IDENTITY_INCOMPLETE, key, NULL, zh, en);
}

static void want_definition(const struct figure_identity *identity, struct diag *diag)
{
    const struct definition *definition =
        identity->of != NULL ? indicator_definition(identity->of, identity->definition_id) : NULL;
    want(identity, definition != NULL && definition->is_cumulative, "definition (cumulative)",
         diag);
}

/* Another indicator, or another definition than the one that is judged. */
static void want_source(const struct figure_identity *identity, struct diag *diag)
{
    const struct indicator *other = identity->with != NULL ? identity->with : identity->of;
    bool has_definition = identity->definition_id[0] != '\0';
    want(identity, identity->with_id[0] != '\0' || has_definition, "with / definition", diag);
    if (has_definition && other != NULL)
        want(identity, indicator_definition(other, identity->definition_id) != NULL,
             "definition (of the other source)", diag);
    if (identity->of != NULL && identity_other(identity) == indicator_primary_definition(other))
        want(identity, other != identity->of, "with / definition (another)", diag);
}

static void want_keys(const struct figure_identity *identity, struct diag *diag)
{
    switch (identity->kind) {
    case IDENTITY_RATIO:
        want(identity, identity->numerator_id[0] != '\0', "numerator", diag);
        want(identity, identity->denominator_id[0] != '\0', "denominator", diag);
        return;
    case IDENTITY_SUM:
        want(identity, identity->region != (uint32_t)REGION_NOT_GIVEN, "region", diag);
        want(identity, identity->region_count > 0, "regions", diag);
        return;
    case IDENTITY_PART:
        want(identity, identity->whole_id[0] != '\0', "whole", diag);
        return;
    case IDENTITY_CUMULATIVE:
        want_definition(identity, diag);
        return;
    case IDENTITY_SAME:
        want_source(identity, diag);
        return;
    }
}

static bool is_id_taken(const struct framework *framework, const struct figure_identity *identity)
{
    for (const struct figure_identity *other = framework->identities; other < identity; other++)
        if (strcmp(other->id, identity->id) == 0)
            return true;
    return false;
}

void framework_validate_identities(struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->identity_count; i++) {
        struct figure_identity *identity = &framework->identities[i];
        if (identity->id[0] != '\0' && is_id_taken(framework, identity))
            schema_find(diag, identity->place, FINDING_ID_REPEATED, "id", identity->id, "", "");
        identity->of = refer(framework, identity, "of", identity->of_id, diag);
        identity->numerator = refer(framework, identity, "numerator", identity->numerator_id, diag);
        identity->denominator =
            refer(framework, identity, "denominator", identity->denominator_id, diag);
        identity->whole = refer(framework, identity, "whole", identity->whole_id, diag);
        identity->with = refer(framework, identity, "with", identity->with_id, diag);
        want_keys(identity, diag);
    }
}
