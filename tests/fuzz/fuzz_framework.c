/* A framework document as scorer and agent meet it, checked, and its composites over no figure at all. */
#include "consumers/evaluate/ranking.h"
#include "proto/event/framework.h"

#include <stdlib.h>

static void rank(const struct framework *framework)
{
    const struct as_of now = {UINT64_MAX, UINT64_MAX};
    struct evaluation *evaluation;
    if (evaluation_new(NULL, &evaluation))
        return;
    for (size_t i = 0; i < framework->composite_count; i++) {
        struct ranking *ranking;
        if (ranking_new(framework, &framework->composites[i], &ranking))
            continue;
        if (ranking_refresh(ranking, evaluation, now) || ranking_visit(ranking, true, NULL, NULL))
            abort(); /* a framework that loads can be worked with */
        ranking_free(ranking);
    }
    evaluation_free(evaluation);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct diag diag;
    struct framework *framework = NULL;
    if (diag_init(&diag, "fuzz.yaml", 50))
        return 0;
    if (!framework_load(data, size, &diag, &framework)) {
        framework_check(framework, &diag);
        rank(framework);
        framework_free(framework);
    }
    diag_fini(&diag);
    return 0;
}
