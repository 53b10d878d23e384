#include "consumers/report/basis.h"

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/event/arena_protobuf.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_FIGURES = 256 };
#define ARENA_BYTES ((size_t)16 << 30)

enum err basis_new(struct basis **out)
{
    struct basis *basis = calloc(1, sizeof *basis);
    if (!basis)
        return ERR_NOMEM;
    arena_init(&basis->arena, ARENA_BYTES);
    *out = basis;
    return ERR_OK;
}

void basis_free(struct basis *basis)
{
    if (!basis)
        return;
    for (size_t i = 0; i < basis->framework_count; i++)
        framework_free(basis->frameworks[i].framework);
    free(basis->figures);
    arena_fini(&basis->arena);
    free(basis);
}

const char *basis_keep(struct basis *basis, const char *text)
{
    return arena_text(&basis->arena, text);
}

/* --- filling ---------------------------------------------------------------------------------- */

static enum err grow(struct basis *basis)
{
    if (basis->figure_count < basis->figure_capacity)
        return ERR_OK;
    size_t capacity = basis->figure_capacity ? 2 * basis->figure_capacity : FIRST_FIGURES;
    struct figure *larger = realloc(basis->figures, capacity * sizeof *larger);
    if (!larger)
        return ERR_NOMEM;
    basis->figures = larger;
    basis->figure_capacity = capacity;
    return ERR_OK;
}

/* Packed and unpacked again, which copies every text into the arena. */
static enum err copy_event(struct basis *basis, const Songhua__V1__Event *event,
                           Songhua__V1__Event **out)
{
    ProtobufCAllocator allocator = arena_protobuf(&basis->arena);
    size_t size = songhua__v1__event__get_packed_size(event);
    uint8_t *packed = malloc(size + 1);
    if (!packed)
        return ERR_NOMEM;
    songhua__v1__event__pack(event, packed);
    *out = songhua__v1__event__unpack(&allocator, size, packed);
    free(packed);
    return *out ? ERR_OK : ERR_NOMEM;
}

enum err basis_add(struct basis *basis, uint32_t region, const char *origin,
                   const Songhua__V1__Event *event, struct address address, uint64_t stored_ms)
{
    Songhua__V1__Event *copy;
    enum err err = grow(basis);
    if (!err)
        err = copy_event(basis, event, &copy);
    if (err)
        return err;
    basis->figures[basis->figure_count++] =
        (struct figure){address, stored_ms, region, origin, copy};
    return ERR_OK;
}

enum err basis_add_framework(struct basis *basis, struct framework *framework,
                             struct address address)
{
    if (basis->framework_count == BASIS_MAX_FRAMEWORKS) {
        framework_free(framework);
        return ERR_LIMIT;
    }
    basis->frameworks[basis->framework_count++] = (struct basis_framework){framework, address};
    return ERR_OK;
}

enum err basis_read(const struct invocation *invocation, const struct basis_settings *settings,
                    struct basis *basis)
{
    basis->as_of =
        (struct as_of){.sequence = settings->as_of_sequence ? settings->as_of_sequence : UINT64_MAX,
                       .ms = settings->as_of_ms ? settings->as_of_ms : clock_realtime_ms()};
    if (settings->observations.count)
        return basis_read_files(invocation, settings, basis);
    return basis_read_record(invocation, settings, basis);
}

/* --- judging ---------------------------------------------------------------------------------- */

static const char *period_of(const Songhua__V1__Event *event)
{
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
        return event->observation->period;
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
        return event->retraction->period;
    default:
        return NULL;
    }
}

/* A milestone is of the year that it is dated in. */
static bool is_in_view(const struct figure *figure, const struct basis_view *view)
{
    struct period period;
    const char *text = period_of(figure->event);
    if (view->last_sequence && figure->address.sequence > view->last_sequence)
        return false;
    if (!view->last_year)
        return true;
    if (figure->event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE)
        return strtoul(figure->event->milestone->date, NULL, 10) <= view->last_year;
    if (!text)
        return true;
    return period_parse(text, &period, NULL) || period.year <= view->last_year;
}

static enum err add_figure(struct evaluation *evaluation, const struct figure *figure,
                           const struct basis_view *view)
{
    const Songhua__V1__Event *event = figure->event;
    uint64_t stored_ms = view->judge_ms ? 0 : figure->stored_ms;
    if (event->body_case == SONGHUA__V1__EVENT__BODY_OBSERVATION)
        return evaluation_add_observation(evaluation, figure->region, event->observation,
                                          figure->address, stored_ms);
    if (event->body_case == SONGHUA__V1__EVENT__BODY_RETRACTION)
        return evaluation_add_retraction(evaluation, figure->region, event->retraction,
                                         figure->address, stored_ms);
    if (event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE)
        return evaluation_add_milestone(evaluation, figure->region, event->milestone,
                                        figure->address, stored_ms);
    return ERR_OK;
}

static enum err add_figures(const struct basis *basis, const struct basis_view *view,
                            struct evaluation *evaluation)
{
    for (size_t i = 0; i < basis->figure_count; i++) {
        if (!is_in_view(&basis->figures[i], view))
            continue;
        enum err err = add_figure(evaluation, &basis->figures[i], view);
        if (err && err != ERR_USAGE) /* what cannot be right the scorer leaves out as well */
            return err;
    }
    return ERR_OK;
}

/* What is judged is the primary definition's figure, and that is what is assumed. */
static const char *judged_definition(const struct framework *framework, const char *id)
{
    const struct indicator *indicator =
        framework != NULL ? framework_indicator(framework, id) : NULL;
    const struct definition *definition =
        indicator != NULL ? indicator_primary_definition(indicator) : NULL;
    return definition != NULL ? definition->id : "";
}

/* Recorded last of all. Its address is of no event: index from UINT32_MAX down. */
static enum err add_what_if(const struct basis_view *view, struct as_of as_of,
                            struct evaluation *evaluation)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < view->what_if_count && !err; i++) {
        const struct what_if *what_if = &view->what_if[i];
        char period[PERIOD_TEXT_BYTES];
        Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
        period_format(what_if->period, period);
        observation.indicator = text_unconst(what_if->indicator);
        observation.definition = text_unconst(
            judged_definition(evaluation_framework(evaluation, as_of), what_if->indicator));
        observation.period = period;
        observation.unscaled = what_if->value.unscaled;
        observation.decimals = what_if->value.decimals;
        const struct address address = {as_of.sequence,
                                        UINT32_MAX - (uint32_t)(view->what_if_count - i)};
        err = evaluation_add_observation(evaluation, what_if->region, &observation, address, 0);
    }
    return err;
}

static enum err set_frameworks(const struct basis *basis, const struct basis_view *view,
                               struct evaluation *evaluation)
{
    enum err err = ERR_OK;
    if (view->framework)
        return evaluation_set_framework(evaluation, view->framework, (struct address){0, 0});
    for (size_t i = 0; i < basis->framework_count && !err; i++)
        err = evaluation_set_framework(evaluation, basis->frameworks[i].framework,
                                       basis->frameworks[i].address);
    return err;
}

enum err basis_evaluate(const struct basis *basis, const struct basis_view *view,
                        struct evaluation **out, struct as_of *as_of)
{
    struct evaluation *evaluation;
    struct as_of moment = basis->as_of;
    enum err err = evaluation_new(NULL, &evaluation);
    if (err)
        return err;
    if (view->last_sequence && view->last_sequence < moment.sequence)
        moment.sequence = view->last_sequence;
    if (view->judge_ms && view->judge_ms < moment.ms)
        moment.ms = view->judge_ms;
    err = set_frameworks(basis, view, evaluation);
    if (!err)
        err = add_figures(basis, view, evaluation);
    if (!err)
        err = add_what_if(view, moment, evaluation);
    if (err) {
        evaluation_free(evaluation);
        return err;
    }
    *out = evaluation;
    *as_of = moment;
    return ERR_OK;
}

/* --- finding ---------------------------------------------------------------------------------- */

static int compare_addresses(const void *key, const void *item)
{
    const struct address *a = key, *b = &((const struct figure *)item)->address;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

const struct figure *basis_find(const struct basis *basis, struct address address)
{
    if (!basis->figure_count)
        return NULL;
    return bsearch(&address, basis->figures, basis->figure_count, sizeof *basis->figures,
                   compare_addresses);
}

const struct framework *basis_newest_framework(const struct basis *basis)
{
    return basis->framework_count ? basis->frameworks[basis->framework_count - 1].framework : NULL;
}

enum err region_refused(const struct invocation *invocation, const char *text)
{
    struct region_hint hint;
    region_suggest(text, &hint);
    if (!*hint.en)
        return command_fail(invocation, ERR_USAGE,
                            "'%s' is no region; write its code or full name, as 220200 or 吉林市",
                            text);
    return command_fail(invocation, ERR_USAGE, "'%s' is no region: %s / %s", text, hint.zh,
                        hint.en);
}

/* --- what if ---------------------------------------------------------------------------------- */

/* What is assumed of an indicator that is not there would change nothing, and look like an answer. */
enum err indicator_refused(const struct invocation *invocation, const struct framework *framework,
                           const char *id)
{
    const char *near = framework_suggest(framework, id);
    return command_fail(invocation, ERR_NOT_FOUND, "no indicator '%s' in %s%s%s%s", id,
                        framework->id, near ? "; did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
}

enum err what_if_parse(const struct invocation *invocation, const struct framework *framework,
                       char *text, struct what_if *out)
{
    struct what_if what_if = {.indicator = text};
    char *region = strchr(text, ',');
    char *period = region ? strchr(region + 1, ',') : NULL;
    char *value = period ? strchr(period + 1, '=') : NULL;
    if (!value)
        return command_fail(invocation, ERR_USAGE,
                            "'%s' is not INDICATOR,REGION,PERIOD=VALUE, as in "
                            "rd_intensity,220000,2024=1.70",
                            text);
    *region++ = *period++ = *value++ = '\0';
    if (framework && !framework_indicator(framework, what_if.indicator))
        return indicator_refused(invocation, framework, what_if.indicator);
    if (framework_region_parse(framework, region, &what_if.region))
        return region_refused(invocation, region);
    if (period_parse(period, &what_if.period, NULL))
        return command_fail(invocation, ERR_USAGE, "'%s' is no period, as 2024 or 2024-Q3", period);
    if (decimal_parse(value, &what_if.value, NULL))
        return command_fail(invocation, ERR_USAGE, "'%s' is no decimal number", value);
    *out = what_if;
    return ERR_OK;
}
