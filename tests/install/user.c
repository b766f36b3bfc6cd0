/* A user's program in C: a known weight, and the proof of a known matrix, from all public headers.
 */
#include <detinit.h>
#include <detinit_describe.h>
#include <detinit_files.h>
#include <detinit_network.h>
#include <detinit_track.h>

#include <stdio.h>

static detinit_matrix *matrix_of(uint64_t rows, uint64_t cols)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, rows, cols);
    detinit_matrix *matrix = NULL;
    detinit_error error;
    if (detinit_matrix_new(&recipe, NULL, &matrix, &error) != DETINIT_OK)
        fprintf(stderr, "%s\n", error.message);
    return matrix;
}

int main(void)
{
    double weight = 0;
    detinit_reproducibility proof;
    detinit_network network;
    detinit_recipe like = detinit_recipe_matrix(42, 0, 1, 1);
    detinit_matrix *matrix = matrix_of(10, 20), *small = matrix_of(5, 5);
    if (matrix == NULL || small == NULL ||
        detinit_matrix_weight(matrix, 2, 13, &weight) != DETINIT_OK ||
        detinit_matrix_reproduce(small, NULL, NULL, &proof, NULL) != DETINIT_OK ||
        detinit_network_layers("4-3-2", &like, &network, NULL) != DETINIT_OK)
        return 1;
    printf("%.17g %s %zu\n", weight, proof.sha256, network.count);
    detinit_network_free(&network);
    detinit_matrix_free(matrix);
    detinit_matrix_free(small);
    return 0;
}
