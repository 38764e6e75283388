/* Teams of threads. parallel.c is the one room that knows OpenMP, the environment's wishes and the
 * machine's limits; everyone else asks team_size() once per call, opens one region with
 * parallel_run(), and meets at team_barrier(). Not a task pool: each member knows its share from
 * its id. Read train.c for how a step is divided. */
#ifndef PYNN_PARALLEL_H
#define PYNN_PARALLEL_H

#include <stdint.h>

/* Work worth a thread of its own, in FLOP per step: a barrier costs about a microsecond, and a core
 * does some 30 to 60 FLOP in a nanosecond, so a smaller share is mostly waiting. */
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
 * Fewer threads may come than asked for: member->size tells the truth. Within fn: round to
 * nearest, no flushing of denormals, whatever mode the caller was in. Size 1 runs in place. Returns how often
 * someone lost patience at a barrier: a member was late by far more than a barrier takes. */
int64_t parallel_run(int size, void (*fn)(team *, void *), void *arg);

/* No member goes on before all have come; what was written before is seen after. */
void team_barrier(team *t);

double clock_seconds(void); /* monotonic, from an arbitrary start */

/* CPUs granted by the control groups that `groups` (/proc/self/cgroup) names below `mount`
 * (/sys/fs/cgroup), versions 1 and 2, rounded up; 0: no limit found. */
int cgroup_cpus(const char *groups, const char *mount);

#endif
