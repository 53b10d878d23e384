#include "broker/audience.h"

#include <criterion/criterion.h>
#include <poll.h>

static struct wake wake;

static void open_wake(void)
{
    cr_assert_eq(wake_open(&wake), ERR_OK);
}

static void close_wake(void)
{
    wake_close(&wake);
}

TestSuite(audience, .init = open_wake, .fini = close_wake, .timeout = 10);

static bool is_woken(void)
{
    struct pollfd item = {.fd = wake.fd, .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

Test(audience, nobody_is_woken_where_nobody_waits)
{
    struct audience audience = {.wake = &wake};
    audience_announce(&audience);
    cr_assert_not(is_woken());
    cr_assert(audience_set(&audience, true));
    cr_assert_not(audience_set(&audience, false));
    audience_announce(&audience);
    cr_assert_not(is_woken());
}

Test(audience, who_waits_is_woken_each_time)
{
    struct audience audience = {.wake = &wake};
    cr_assert(audience_set(&audience, true));
    for (int i = 0; i < 3; i++) {
        audience_announce(&audience);
        cr_assert(is_woken());
        wake_drain(&wake);
    }
}

Test(audience, who_begins_to_wait_must_look_once_more)
{
    struct audience audience = {.wake = &wake};
    cr_assert_not(audience_set(&audience, false));
    cr_assert(audience_set(&audience, true));
    cr_assert_not(audience_set(&audience, true));
    cr_assert_not(audience_set(&audience, false));
    cr_assert(audience_set(&audience, true));
}
