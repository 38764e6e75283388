/* Teams of threads. parallel.c alone uses OpenMP and reads the environment and the machine's limits; other
 * files call team_size() once per call, open one region with parallel_run(), and synchronise with
 * team_barrier(). Not a task pool: each thread computes its share of the work from its id. Read train.c
 * for how a step is divided. */
#ifndef PYNN_PARALLEL_H
#define PYNN_PARALLEL_H

#include <stdint.h>

/* The least work per thread, in FLOP per step, that pays for another thread: a barrier costs about a
 * microsecond, and a core computes 30 to 60 FLOP per nanosecond, so a thread with less work would mostly
 * wait at barriers. */
#define TEAM_GRAIN 200e3

struct team_shared;
typedef struct team {
    int size, id; /* id 0 is the thread that called parallel_run */
    struct team_shared *shared;
} team;

/* How many threads a call should use. asked 0: pynn_max_threads(). At most flop_per_step / grain
 * (grain < 0: TEAM_GRAIN; 0: exactly as asked), at least 1; always 1 inside another parallel region
 * and in a forked child whose parent had opened one. */
int team_size(int asked, double flop_per_step, double grain);

/* fn(member, arg) once in each of `size` threads, the caller being one of them; returns when all have.
 * OpenMP may start fewer threads than requested: member->size is the actual number. Within fn: round to
 * nearest, no flushing of denormals, whatever floating-point mode the caller had. With size 1, fn runs in the
 * calling thread. Returns how often a thread had to yield at a barrier, because another one was late by far
 * more than a barrier takes. */
int64_t parallel_run(int size, void (*fn)(team *, void *), void *arg);

/* Waits until all threads of the team have arrived; what any of them wrote before is visible to all after. */
void team_barrier(team *t);

double clock_seconds(void); /* monotonic, from an arbitrary start */

/* CPUs granted by the control groups that `groups` (/proc/self/cgroup) names below `mount`
 * (/sys/fs/cgroup), versions 1 and 2, rounded up; 0: no limit found. */
int cgroup_cpus(const char *groups, const char *mount);

#endif
