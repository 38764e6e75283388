/* The number of threads of a call, and the only file that uses OpenMP. The number follows from the
 * `threads` argument, the size of the work, OMP_NUM_THREADS, threadpoolctl, the CPU affinity and the
 * control group's CPU quota. A call opens one parallel region, whose threads synchronise at the barrier
 * below. How work is divided among them is decided elsewhere: read train.c and gemm.c. Without OpenMP
 * everything is serial. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "parallel.h"
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "float_mode.h"
#include "pynn.h"

#ifdef _OPENMP
#include <omp.h>
enum { OPENMP = 1 };
#else /* the answers of a runtime that has one thread */
enum { OPENMP = 0, omp_proc_bind_false = 0 };
static int omp_get_max_threads(void) { return 1; }
static int omp_get_num_procs(void) { return 1; }
static int omp_get_proc_bind(void) { return omp_proc_bind_false; }
static int omp_in_parallel(void) { return 0; }
#endif
#ifdef __linux__
#include <fcntl.h>
#endif
#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#endif

/* ---- process state: set when the library is loaded, and changed by a fork ---- */

static int environment_decides;  /* OMP_NUM_THREADS was set at load time, which is when OpenMP reads it */
static atomic_int region_opened; /* this process has opened a parallel region */
static atomic_int region_lost;   /* this process is the forked child of one that had opened a region */

/* A forked child has only the thread that called fork, but the OpenMP runtime in it still has the parent's
 * list of worker threads and would wait for them for ever (a deadlock). So such a child stays serial. */
static void after_fork(void) {
    if (atomic_load(&region_opened)) atomic_store(&region_lost, 1);
}

__attribute__((constructor)) static void on_load(void) {
    const char *asked = getenv("OMP_NUM_THREADS");
    environment_decides = asked && *asked;
#ifdef _WIN32
    (void)after_fork;
#else
    pthread_atfork(NULL, NULL, after_fork);
#endif
}

/* ---- limits of the machine: clock, control groups, affinity ---- */

double clock_seconds(void) {
#ifdef _WIN32
    LARGE_INTEGER count, rate;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&rate);
    return (double)count.QuadPart / (double)rate.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

#ifdef __linux__
/* The text of a small file, terminated; 0 if it cannot be read. */
static int read_text(const char *path, char *text, size_t size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t length = read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

enum { PATH_SIZE = 4096 };

/* Whole CPUs that one directory of control groups allows; 0: no limit there. */
static long long directory_cpus(const char *directory) {
    char path[PATH_SIZE + 32], text[128];
    long long quota = 0, period = 0;
    snprintf(path, sizeof path, "%s/cpu.max", directory); /* version 2: "quota period" or "max period" */
    if (read_text(path, text, sizeof text)) {
        if (sscanf(text, "%lld %lld", &quota, &period) != 2) return 0;
    } else { /* version 1; -1: no limit */
        snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
        if (!read_text(path, text, sizeof text) || sscanf(text, "%lld", &quota) != 1) return 0;
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
        if (!read_text(path, text, sizeof text) || sscanf(text, "%lld", &period) != 1) return 0;
    }
    return quota > 0 && period > 0 ? (quota - 1) / period + 1 : 0;
}

/* The least of a group's limit and those of the groups above it, up to the mount's root. (Within a
 * container the group's own path may be missing and only the root be there.) */
static long long branch_cpus(const char *mount, const char *hierarchy, const char *group) {
    char path[PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s%s%s", mount, hierarchy, group);
    if (length < 0 || (size_t)length >= sizeof path) return 0;
    const size_t root = strlen(mount) + strlen(hierarchy);
    long long least = 0;
    for (;;) {
        const long long cpus = directory_cpus(path);
        if (cpus && (!least || cpus < least)) least = cpus;
        char *slash = strrchr(path, '/');
        if (!slash || (size_t)(slash - path) < root) return least;
        *slash = 0;
    }
}

/* Is "cpu" among the comma-separated names? */
static int names_cpu(const char *names) {
    for (; names; names = strchr(names, ',')) {
        names += *names == ',';
        if (!strncmp(names, "cpu", 3) && (names[3] == 0 || names[3] == ',')) return 1;
    }
    return 0;
}

/* Lines of `groups`: "number:controllers:/path", controllers being empty for version 2. */
int cgroup_cpus(const char *groups, const char *mount) {
    char text[8192], *rest = NULL;
    if (!read_text(groups, text, sizeof text)) return 0;
    long long least = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        *group++ = 0;
        ++controllers;
        const int version2 = !*controllers;
        if (!version2 && !names_cpu(controllers)) continue;
        const long long cpus = branch_cpus(mount, version2 ? "" : "/cpu", group);
        if (cpus && (!least || cpus < least)) least = cpus;
    }
    return least > 1 << 20 ? 1 << 20 : (int)least;
}
#else
int cgroup_cpus(const char *groups, const char *mount) {
    (void)groups;
    (void)mount;
    return 0;
}
#endif

/* The quota may change while the process runs, but seldom does, and reading it takes several system calls:
 * so it is cached for one second. */
static int quota_cpus(void) {
    static atomic_llong read_at; /* milliseconds + 1; 0: never */
    static atomic_int cpus;
    const long long now = (long long)(clock_seconds() * 1e3) + 1, then = atomic_load(&read_at);
    if (!then || now - then > 1000) {
        atomic_store(&cpus, cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup"));
        atomic_store(&read_at, now);
    }
    return atomic_load(&cpus);
}

/* CPUs that this thread may run on; 0: not known. */
static int affinity_cpus(void) {
#ifdef __linux__
    cpu_set_t set[16]; /* 16,384 CPUs */
    if (!sched_getaffinity(0, sizeof set, set)) return CPU_COUNT_S(sizeof set, set);
#endif
    return 0;
}

static int lesser(int threads, int limit) { return limit > 0 && limit < threads ? limit : threads; }

int pynn_has_openmp(void) { return OPENMP; }

/* Whether OpenMP binds its threads to CPUs (OMP_PROC_BIND): then the affinity of the calling thread is
 * OpenMP's own setting and says nothing about how many CPUs the process may use. */
static int is_bound(void) { return omp_get_proc_bind() != omp_proc_bind_false; }

/* omp_get_max_threads() already respects OMP_NUM_THREADS and threadpoolctl's limit for the calling thread. */
int pynn_max_threads(void) {
    if (atomic_load(&region_lost)) return 1;
    int threads = omp_get_max_threads();
    if (!environment_decides) {
        threads = lesser(threads, omp_get_num_procs());
        if (!is_bound()) threads = lesser(threads, affinity_cpus());
        if (threads > 1) threads = lesser(threads, quota_cpus());
    }
    return threads > 1 ? threads : 1;
}

/* ---- the team ---- */

int team_size(int asked, double flop_per_step, double grain) {
    if (!OPENMP || asked == 1 || atomic_load(&region_lost) || omp_in_parallel()) return 1;
    if (grain < 0) grain = TEAM_GRAIN;
    int most = INT_MAX;
    if (grain > 0 && flop_per_step < grain * INT_MAX) most = (int)(flop_per_step / grain);
    if (most <= 1) return 1; /* small work is serial: no need to query the machine's limits */
    return lesser(asked > 0 ? asked : pynn_max_threads(), most);
}

/* The two counters lie in different cache lines: waiting threads read `round` in a loop, and arriving threads
 * write `arrived`, which would otherwise take the line away from the waiting ones (false sharing). */
struct team_shared {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint round;
    _Alignas(64) int patience; /* spins at a barrier before the thread yields its CPU */
    atomic_llong lost;         /* how often a thread spun that long and yielded */
};

static void run_member(team *t, void (*fn)(team *, void *), void *arg) {
    const uint64_t mode = float_mode_set();
    fn(t, arg);
    float_mode_restore(mode);
}

static void run_alone(void (*fn)(team *, void *), void *arg) {
    team alone = {1, 0, NULL};
    run_member(&alone, fn, arg);
}

#ifdef _OPENMP
int64_t parallel_run(int size, void (*fn)(team *, void *), void *arg) {
    if (size <= 1 || atomic_load(&region_lost)) {
        run_alone(fn, arg);
        return 0;
    }
    struct team_shared shared = {.patience = 2000};
    const int cpus = affinity_cpus();
    if (size > cpus && cpus > 0 && !is_bound())
        shared.patience = 0; /* more threads than CPUs: the late thread may need the CPU that spins */
    atomic_store(&region_opened, 1);
#pragma omp parallel num_threads(size) default(none) shared(shared, fn, arg)
    {
        team member = {omp_get_num_threads(), omp_get_thread_num(), &shared};
        run_member(&member, fn, arg);
    }
    return atomic_load(&shared.lost);
}
#else
int64_t parallel_run(int size, void (*fn)(team *, void *), void *arg) {
    (void)size;
    run_alone(fn, arg);
    return 0;
}
#endif

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A central barrier. The last thread to arrive starts the next round. Its store to `round` publishes the
 * writes of all threads: each arrival is an acquire and release of `arrived`, so the last thread has seen the
 * writes of the others. `arrived` is reset before the new round starts, while no other thread accesses it. */
void team_barrier(team *t) {
    if (t->size <= 1) return;
    struct team_shared *s = t->shared;
    const unsigned round = atomic_load_explicit(&s->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&s->arrived, 1, memory_order_acq_rel) == t->size - 1) {
        atomic_store_explicit(&s->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&s->round, round + 1, memory_order_release);
        return;
    }
    for (int looks = 0; atomic_load_explicit(&s->round, memory_order_acquire) == round; ++looks) {
        if (looks < s->patience) {
            pause_briefly();
        } else {
            if (looks == s->patience) atomic_fetch_add_explicit(&s->lost, 1, memory_order_relaxed);
            looks = s->patience + 1;
#ifdef _WIN32
            SwitchToThread();
#else
            sched_yield();
#endif
        }
    }
}
