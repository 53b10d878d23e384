/* An outbox whose producer has got another signing key. */
#include "proto/client/outbox.h"

#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MANY = 700 };

Test(outbox_sign, what_waits_is_signed_with_the_new_key_and_stays_the_same_batches, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(8 << 20);
    unsigned char last[DIGEST_BYTES];
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, MANY);
    memcpy(last, case_next(fixture->outbox, MANY - 1).digest, DIGEST_BYTES);
    signing_key_make(NULL, &fixture->key);
    outbox_case_reopen(fixture);
    cr_assert_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_OK);
    case_check_chain(fixture->outbox, case_zeros, MANY, &fixture->key);
    cr_expect_arr_eq(case_next(fixture->outbox, MANY - 1).digest, last, DIGEST_BYTES);
    cr_expect_eq(case_status(fixture->outbox).batches, MANY);
    outbox_case_free(fixture);
}

Test(outbox_sign, a_death_on_the_way_is_made_good_at_the_next_welcome, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct signing_key before, after;
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 3);
    before = fixture->key;
    signing_key_make(NULL, &fixture->key);
    after = fixture->key;
    outbox_case_reopen(fixture);
    case_append_texts(fixture->outbox,
                      2); /* as if the last had been signed anew before the death */
    outbox_case_reopen(fixture);
    cr_expect_eq(digest_verify(case_next(fixture->outbox, 0).digest,
                               case_next(fixture->outbox, 0).signature, before.public_key),
                 ERR_OK);
    cr_assert_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_OK);
    case_check_chain(fixture->outbox, case_zeros, 5, &after);
    outbox_case_free(fixture);
}
