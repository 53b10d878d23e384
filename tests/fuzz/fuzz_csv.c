/* A file of observations or milestones as the agent meets it, checked against a small framework. */
#include "proto/event/milestone_csv.h"
#include "proto/event/observation_csv.h"

#include <stdlib.h>
#include <string.h>

static const char document[] =
    "framework: fuzz\nversion: 1\ntitle: {zh: 测, en: f}\nsource: s\nindicators:\n"
    "  - id: rd_intensity\n    name: {zh: 研发投入强度, en: r}\n    kind: share\n    unit: \"%\"\n"
    "    regions: [220000, 220100]\n"
    "  - id: zones\n    name: {zh: 区, en: z}\n    kind: milestone\n    method: milestone\n"
    "    regions: [220000]\n    parts: [{id: a, name: {zh: 甲, en: a}}]\n";

static enum err take_row(void *context, const struct observation_row *row)
{
    (void)context;
    (void)row;
    return ERR_OK;
}

static enum err take_milestone(void *context, const struct milestone_row *row)
{
    (void)context;
    (void)row;
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct framework *framework; /* loaded once: it is not what is tried here */
    struct diag diag;
    struct observation_csv_counts counts;
    if (diag_init(&diag, "fuzz.csv", 50))
        return 0;
    if (!framework && framework_load(document, strlen(document), &diag, &framework))
        abort();
    (void)(observation_csv_read(data, size, framework, &diag, take_row, NULL, &counts) == ERR_OK);
    (void)milestone_csv_is(data, size);
    (void)(milestone_csv_read(data, size, framework, 1, &diag, take_milestone, NULL, &counts) ==
           ERR_OK);
    diag_fini(&diag);
    return 0;
}
