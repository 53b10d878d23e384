#include "consumers/scorer/touched.h"

#include <stdlib.h>
#include <string.h>

static const char *indicator_of(const Songhua__V1__Event *event)
{
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
        return event->observation->indicator;
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
        return event->retraction->indicator;
    case SONGHUA__V1__EVENT__BODY_MILESTONE:
        return event->milestone->indicator;
    default:
        return NULL;
    }
}

static enum err make_room(const struct indicator ***list, size_t *room, size_t wanted)
{
    if (*room >= wanted)
        return ERR_OK;
    const struct indicator **larger = realloc(*list, wanted * sizeof(struct indicator *));
    if (!larger)
        return ERR_NOMEM;
    *list = larger;
    *room = wanted;
    return ERR_OK;
}

enum err touched_read(struct touched *touched, const struct framework *framework,
                      const struct service_input *input)
{
    size_t count = framework->indicator_count;
    touched->count = 0;
    enum err err = make_room(&touched->by_event, &touched->event_room, input->event_count + 1);
    if (!err)
        err = make_room(&touched->list, &touched->indicator_room, count + 1);
    if (err)
        return err;
    memset(touched->list, 0, count * sizeof *touched->list);
    for (size_t i = 0; i < input->event_count; i++) {
        const char *id = indicator_of(input->events[i]);
        const struct indicator *indicator = id ? framework_indicator(framework, id) : NULL;
        touched->by_event[i] = indicator;
        if (indicator)
            touched->list[indicator->index] = indicator;
    }
    for (size_t i = 0; i < count; i++)
        if (touched->list[i])
            touched->list[touched->count++] = touched->list[i];
    return ERR_OK;
}

void touched_fini(struct touched *touched)
{
    free(touched->by_event);
    free(touched->list);
    *touched = (struct touched){0};
}
