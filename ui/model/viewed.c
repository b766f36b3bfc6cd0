#include "model/viewed.h"

const detinit_tensor *viewed_tensor(const viewed *v)
{
    return v->list != NULL ? detinit_tensorfile_tensor(v->list->file->held.file, v->tensor) : NULL;
}

const detinit_tracked *viewed_tracked(const viewed *v)
{
    return v->list != NULL ? checkpoint_find(&v->list->file->held, v->tensor) : NULL;
}

/* That of the view may have nothing to do with the file. */
bool viewed_is_promised(const viewed *v)
{
    return v->list == NULL || v->face == FACE_INITIAL ||
           (v->face == FACE_TRAINED && viewed_tracked(v) != NULL && !v->list->file->of_view);
}

tensor_subject viewed_subject(const viewed *v, const detinit_recipe *recipe, detinit_matrix *matrix)
{
    tensor_subject s = {.initial = matrix, .face = FACE_INITIAL};
    s.table = subject_table(recipe->rank, recipe->shape, &v->table);
    if (v->list == NULL)
        return s;
    s.file = v->list->file;
    s.tensor = viewed_tensor(v);
    s.face = v->face;
    s.recipe = viewed_tracked(v) != NULL ? recipe : NULL;
    s.initial = viewed_tracked(v) != NULL ? matrix : NULL;
    return s;
}

detinit_recipe viewed_law(const tensor_subject *s, const detinit_recipe *shape)
{
    double mean, std;
    subject_probe(s, &mean, &std);
    return subject_law(shape, mean, std, s->tensor->weights ? s->tensor->dtype : DETINIT_FLOAT64);
}

detinit_recipe viewed_recipe(const viewed *v)
{
    const detinit_tracked *tracked = viewed_tracked(v);
    uint64_t shape[DETINIT_MAX_RANK];
    if (tracked != NULL)
        return tracked->recipe;
    const size_t rank = subject_shape(viewed_tensor(v), shape);
    const detinit_recipe plain = detinit_recipe_tensor(0, 0, rank, shape);
    const tensor_subject s = {.file = v->list->file, .tensor = viewed_tensor(v)};
    return viewed_law(&s, &plain);
}
