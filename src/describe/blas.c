#include "describe/blas.h"

#include "base/error.h"
#include "base/threads.h"

#include <cblas.h>
#include <pthread.h>
#include <sys/mman.h>

/* What threads_of_run starts at most. */
#define MOST 256

/* A buffer of OpenBLAS, which its headers do not tell: the largest that a build for the machine
 * has. */
#if UINTPTR_MAX <= UINT32_MAX
#define BUFFER ((size_t)32 << 20)
#elif defined(__powerpc64__)
#define BUFFER ((size_t)256 << 20)
#else
#define BUFFER ((size_t)128 << 20)
#endif

/* What OpenBLAS allocates besides, and whatever another thread takes between trial and call. */
#define MARGIN ((size_t)16 << 20)

/* What OpenBLAS has, as far as is known here, and how many callers are in it. */
static struct {
    pthread_mutex_t lock;
    unsigned threads, buffers, callers;
} made = {.lock = PTHREAD_MUTEX_INITIALIZER};

unsigned blas_threads(const detinit_run *run)
{
    return threads_of_run(run, MOST);
}

/* ------------------------------------------------------------------ trial */

static void *map(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED ? room : NULL;
}

static void unmap(void *room, size_t size)
{
    if (room != NULL)
        munmap(room, size);
}

static bool can_map(unsigned buffers)
{
    void *rooms[2 * MOST] = {NULL}, *margin = map(MARGIN);
    unsigned n = 0;
    while (margin != NULL && n < buffers && n < 2 * MOST && (rooms[n] = map(BUFFER)) != NULL)
        n++;
    const bool all = margin != NULL && n == buffers;
    while (n > 0)
        unmap(rooms[--n], BUFFER);
    unmap(margin, MARGIN);
    return all;
}

static void *wait_at(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Whether so many threads can be started beside so many buffers; all of them are given back. */
static bool can_have(unsigned threads, unsigned buffers)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t started[MOST];
    unsigned n = 0;
    pthread_mutex_lock(&gate);
    while (n < threads && pthread_create(&started[n], NULL, wait_at, &gate) == 0)
        n++;
    const bool all = n == threads && can_map(buffers);
    pthread_mutex_unlock(&gate);
    while (n > 0)
        pthread_join(started[--n], NULL);
    return all;
}

/* ------------------------------------------------------------------- turn */

/* A product that is large enough for all threads: its buffers stay where they are made. */
static void make_buffers(void)
{
    enum { SIDE = 128 };
    static double zeros[SIDE * SIDE], product[SIDE * SIDE];
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, zeros, SIDE, zeros,
                SIDE, 0, product, SIDE);
}

/* Gives OpenBLAS the threads, if they and their buffers can be had.  Under the lock. */
static bool give(unsigned threads)
{
    if (made.threads == 0) {
        const int now = openblas_get_num_threads();
        made.threads = now > 0 && now < MOST ? (unsigned)now : 1;
        made.buffers = made.threads - 1;
    }
    const unsigned most = threads > made.threads ? threads : made.threads;
    const unsigned buffers = most + made.callers;
    if (buffers <= made.buffers) {
        openblas_set_num_threads((int)threads);
        return true;
    }
    if (!can_have(most - made.threads, buffers - made.buffers))
        return false;
    made.threads = most;
    made.buffers = buffers;
    openblas_set_num_threads((int)threads);
    make_buffers();
    return true;
}

detinit_status blas_begin(const detinit_run *run, int *before, detinit_error *error)
{
    const unsigned threads = blas_threads(run);
    pthread_mutex_lock(&made.lock);
    *before = openblas_get_num_threads();
    const bool able = give(threads);
    made.callers += able;
    pthread_mutex_unlock(&made.lock);
    if (able)
        return DETINIT_OK;
    return error_set(error, DETINIT_NO_MEMORY,
                     "not enough memory for %u thread%s of OpenBLAS, %zu MB of address space each",
                     threads, threads == 1 ? "" : "s", BUFFER >> 20);
}

void blas_end(int before)
{
    pthread_mutex_lock(&made.lock);
    made.callers--;
    openblas_set_num_threads(before);
    pthread_mutex_unlock(&made.lock);
}
