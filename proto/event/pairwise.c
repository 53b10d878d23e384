#include "proto/event/pairwise.h"

#include <math.h>

enum { MOST_STEPS = 1000 };

/* The matrix times the weights; the sum of that, which is the eigenvalue when they no longer change. */
static double multiply(const double *matrix, size_t count, const double *weights, double *out)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = 0;
        for (size_t j = 0; j < count; j++)
            out[i] += matrix[i * count + j] * weights[j];
        total += out[i];
    }
    return total;
}

double pairwise_weights(const double *matrix, size_t count, double *weights)
{
    static const double random_index[PAIRWISE_MAX_PARTS + 1] = {0,    0,    0,    0.58, 0.90, 1.12,
                                                                1.24, 1.32, 1.41, 1.45, 1.49};
    double next[PAIRWISE_MAX_PARTS], value = 0, moved = 1;
    for (size_t i = 0; i < count; i++)
        weights[i] = 1 / (double)count;
    for (int step = 0; step < MOST_STEPS && moved > 1e-15; step++) {
        moved = 0;
        value = multiply(matrix, count, weights, next);
        for (size_t i = 0; i < count; i++) {
            moved = fmax(moved, fabs(next[i] / value - weights[i]));
            weights[i] = next[i] / value;
        }
    }
    if (count < 3)
        return 0;
    return (value - (double)count) / ((double)count - 1) / random_index[count];
}
