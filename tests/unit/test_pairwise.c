#include "proto/event/pairwise.h"

#include <criterion/criterion.h>
#include <math.h>

/* Source  Jiang, Xie & Ye, Mathematical models (姜启源等《数学模型》) 8.3, the choice of a journey: weights
 * 0.263 0.475 0.055 0.099 0.110, eigenvalue 5.073, CR 0.018 / 1.12 = 0.016. */
Test(pairwise, the_textbooks_journey_has_its_weights_and_ratio, .timeout = 10)
{
    static const double matrix[] = {
        1,           1. / 2, 4, 3,      3,      /**/ 2,      1,      7, 5, 5,
        /**/ 1. / 4, 1. / 7, 1, 1. / 2, 1. / 3, /**/ 1. / 3, 1. / 5, 2, 1, 1,
        /**/ 1. / 3, 1. / 5, 3, 1,      1};
    static const double wanted[] = {0.263, 0.475, 0.055, 0.099, 0.110};
    double weights[5], ratio = pairwise_weights(matrix, 5, weights), sum = 0;
    for (int i = 0; i < 5; i++) {
        cr_expect(fabs(weights[i] - wanted[i]) < 2e-3, "%d: %g", i, weights[i]);
        sum += weights[i];
    }
    cr_expect(fabs(sum - 1) < 1e-15);
    cr_expect(fabs((5 + ratio * 1.12 * 4) - 5.073) < 1e-3, "%g", ratio);
    cr_expect(fabs(ratio - 0.016) < 1e-3, "%g", ratio);
}

Test(pairwise, judgements_that_agree_give_their_own_ratios_back, .timeout = 10)
{
    static const double shares[] = {0.5, 0.3, 0.15, 0.05};
    double matrix[16], weights[4];
    for (int i = 0; i < 16; i++)
        matrix[i] = shares[i / 4] / shares[i % 4];
    cr_expect(fabs(pairwise_weights(matrix, 4, weights)) < 1e-12);
    for (int i = 0; i < 4; i++)
        cr_expect(fabs(weights[i] - shares[i]) < 1e-14);
}

/* Of three parts the eigenvalue has a closed form: 1 + t + 1 / t, t the cube root of a13 / (a12 a23). */
Test(pairwise, the_ratio_of_three_parts_is_that_of_the_closed_form, .timeout = 10)
{
    static const double matrix[] = {1, 3, 1, 1. / 3, 1, 3, 1, 1. / 3, 1};
    double weights[3], t = cbrt(1. / 9);
    double wanted = (1 + t + 1 / t - 3) / 2 / 0.58;
    cr_expect(fabs(pairwise_weights(matrix, 3, weights) - wanted) < 1e-12);
}

Test(pairwise, a_circle_of_preferences_is_far_from_consistent, .timeout = 10)
{
    static const double matrix[] = {1, 5, 1. / 5, 1. / 5, 1, 5, 5, 1. / 5, 1};
    double weights[3];
    cr_expect_gt(pairwise_weights(matrix, 3, weights), PAIRWISE_MAX_RATIO);
    for (int i = 0; i < 3; i++)
        cr_expect(fabs(weights[i] - 1. / 3) < 1e-12);
}

Test(pairwise, two_parts_cannot_contradict_each_other, .timeout = 10)
{
    static const double matrix[] = {1, 9, 1. / 9, 1};
    double weights[2];
    cr_expect_eq(pairwise_weights(matrix, 2, weights), 0);
    cr_expect(fabs(weights[0] - 0.9) < 1e-15 && fabs(weights[1] - 0.1) < 1e-15);
}
