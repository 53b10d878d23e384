/* Weights from judgements in pairs: how many times as important one part is as another (AHP).
 *
 * The weights are the principal eigenvector of the matrix of these ratios; its eigenvalue tells how far
 * the judgements contradict each other.
 * Source  EVALUATION-METHODS.md 3.4; Saaty (1980): random indices, a ratio below 0.1 is accepted.
 */
#ifndef SONGHUA_EVENT_PAIRWISE_H
#define SONGHUA_EVENT_PAIRWISE_H

#include <stddef.h>

enum { PAIRWISE_MAX_PARTS = 10 };
#define PAIRWISE_MAX_RATIO 0.1

/* matrix[i * count + j] is how many times as important i is as j, above 0; 1 / x across the diagonal.
 * 1 to PAIRWISE_MAX_PARTS parts. Returns the consistency ratio (0 of one part or two, where nothing can
 * contradict); the weights add up to 1. */
double pairwise_weights(const double *matrix, size_t count, double *weights);

#endif
