/* A user's program in C++: a known weight among all of a matrix. */
#include <detinit.h>
#include <detinit_describe.h>
#include <detinit_files.h>
#include <detinit_network.h>
#include <detinit_track.h>

#include <cstdio>
#include <memory>
#include <vector>

int main()
{
    const detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 20);
    detinit_matrix *made = nullptr;
    if (detinit_matrix_new(&recipe, nullptr, &made, nullptr) != DETINIT_OK)
        return 1;
    const std::unique_ptr<detinit_matrix, decltype(&detinit_matrix_free)> matrix(
        made, detinit_matrix_free);
    std::vector<double> weights(10 * 20);
    if (detinit_matrix_fill(matrix.get(), nullptr, weights.data(), nullptr) != DETINIT_OK)
        return 1;
    std::printf("%.17g\n", weights[2 * 20 + 13]);
}
