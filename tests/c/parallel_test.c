/* Teams without Python: `parallel_test WHAT`, exit status 0 if all is well. tests/test_team.py builds
 * it, runs each part, also under limits of the environment, and says what is expected.
 *   barrier N | mode | fork | grain | pace | size N (prints the team that came) | max | cgroup GROUPS MOUNT
 */
#include "../../csrc/parallel.h"
#include <fenv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../csrc/team_choice.h"
#include "../../csrc/pynn.h"

#define CHECK(truth)                                                            \
    do {                                                                        \
        if (!(truth)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

enum { MOST = 64, ROUNDS = 3000 };
static int64_t place[MOST]; /* plain memory: only the barrier orders it */
static int came[MOST], size_seen;

static void meet(team *t, void *arg) {
    (void)arg;
    CHECK(t->size >= 1 && t->size <= MOST && t->id >= 0 && t->id < t->size);
    ++came[t->id];
    if (t->id == 0) size_seen = t->size;
    for (int64_t round = 1; round <= ROUNDS; ++round) {
        place[t->id] = round;
        team_barrier(t);
        for (int i = 0; i < t->size; ++i) CHECK(place[i] == round);
        team_barrier(t);
    }
}

static void check_barrier(int size) {
    for (int again = 1; again <= 3; ++again) {
        parallel_run(size, meet, NULL);
        for (int i = 0; i < MOST; ++i) CHECK(came[i] == (i < size_seen ? again : 0));
    }
}

/* Sums that depend on the mode: rounding up shows in `sum`, flushing in `tiny`. */
typedef struct seen {
    double sum[MOST], tiny[MOST];
} seen;
static void compute(team *t, void *arg) {
    volatile double one = 1.0, small = 0x1p-60, least = 0x1p-1022;
    seen *s = arg;
    s->sum[t->id] = one + small;
    s->tiny[t->id] = least / 4;
    fesetround(FE_DOWNWARD); /* a careless member does not spoil the caller */
    team_barrier(t);
}

static void set_flush(void) {
#ifdef __SSE2__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#elif defined(__aarch64__)
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1u << 24));
#endif
}

static void check_mode(void) {
    volatile double one = 1.0, small = 0x1p-60, least = 0x1p-1022;
    fesetround(FE_UPWARD);
    set_flush();
    const double flushed = least / 4;
    for (int size = 1; size <= 4; size += 3) {
        seen s = {0};
        parallel_run(size, compute, &s);
        for (int i = 0; i < (pynn_has_openmp() ? size : 1); ++i) {
            CHECK(s.sum[i] == 1.0);
            CHECK(s.tiny[i] == 0x1p-1024);
        }
        CHECK(one + small == 0x1.0000000000001p0); /* the caller's mode is back */
        CHECK(least / 4 == flushed);
    }
}

static void note_size(team *t, void *arg) {
    if (t->id == 0) *(int *)arg = t->size;
}

static void check_fork(void) {
    int size = 0;
    parallel_run(4, note_size, &size);
    CHECK(size == (pynn_has_openmp() ? 4 : 1));
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(20); /* a child that waits for threads it does not have ends here */
        parallel_run(4, note_size, &size);
        const pid_t grandchild = fork();
        if (grandchild == 0) {
            alarm(10);
            parallel_run(4, note_size, &size);
            _exit(size == 1 ? 0 : 1);
        }
        int status;
        waitpid(grandchild, &status, 0);
        _exit(size == 1 && pynn_max_threads() == 1 && team_size(4, 1e12, 0) == 1 && status == 0 ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    parallel_run(4, note_size, &size); /* the parent goes on as before */
    CHECK(size == (pynn_has_openmp() ? 4 : 1));
}

static void ask_within(team *t, void *arg) {
    if (t->id == 0) *(int *)arg = team_size(4, 1e12, 0);
}

static void check_grain(void) {
    const int many = pynn_has_openmp() ? 4 : 1;
    CHECK(team_size(4, 1.0, 0) == many); /* grain 0: as asked */
    CHECK(team_size(1, 1e12, 0) == 1);
    CHECK(team_size(0, 1e12, -1) == pynn_max_threads());
    CHECK(team_size(4, 0, -1) == 1);
    CHECK(team_size(4, 1.99 * TEAM_GRAIN, -1) == 1);
    CHECK(team_size(4, 2 * TEAM_GRAIN, -1) == (many < 2 ? many : 2));
    CHECK(team_size(4, 1e300, -1) == many);
    CHECK(team_size(4, 3500, 1000) == (many < 3 ? many : 3));
    int within = 0;
    parallel_run(2, ask_within, &within);
    CHECK(within == 1);
}

/* A made-up machine: a team's step takes `team` seconds, one thread's 1e-3; at `late` of the steps somebody
 * is late. Runs it for so many calls of 50 ms; returns the share of steps that were done alone. */
typedef struct machine {
    double team, late, now;
    int trials;
} machine;
static double work(machine *m, pynn_team_choice *p, int calls) {
    int64_t alone = 0, all = 0;
    for (int call = 0; call < calls; ++call)
        for (const double end = m->now + 0.05; m->now < end;) {
            const time_slice next = team_choice_next(p, 4, 100, m->now, end - m->now);
            CHECK(next.threads == 1 || next.threads == 4);
            CHECK(next.seconds >= 0 && next.seconds <= end - m->now);
            const double step = next.threads == 1 ? 1e-3 : m->team, begun = m->now;
            int64_t steps = 0;
            do ++steps, m->now += step;
            while (m->now < begun + next.seconds);
            m->trials += p->trial > 0;
            team_choice_learn(p, steps, next.threads == 1 ? 0 : (int64_t)(m->late * (double)steps), begun,
                              m->now);
            all += steps;
            alone += next.threads == 1 ? steps : 0;
        }
    return (double)alone / (double)all;
}

static void check_pace(void) {
    pynn_team_choice p = {0};
    machine m = {.team = 0.6e-3, .late = 0.01};
    CHECK(work(&m, &p, 20) == 0 && m.trials == 0); /* nobody is late: nothing is tried */
    for (int moment = 0; moment < 10; ++moment) {  /* a moment's trouble now and then is no reason */
        team_choice_learn(&p, 1, 1, m.now, m.now + 0.6e-3);
        team_choice_learn(&p, 10, 0, m.now, m.now + 6e-3);
        CHECK(team_choice_next(&p, 4, 100, m.now, 0).threads == 4 && p.trial == 0);
    }
    pynn_team_choice slow = {0};
    for (int step = 0; step < 7; ++step) { /* of 30 ms: the first ones and one late one are no reason */
        const double now = 0.03 * step;
        CHECK(team_choice_next(&slow, 4, 100, now, 1).seconds == (step < 3 ? 0 : 1));
        team_choice_learn(&slow, 1, step != 3 && step != 4, now, now + 0.03);
        CHECK(team_choice_next(&slow, 4, 100, now + 0.03, 1).threads == (step < 6 ? 4 : 1));
    }
    m.late = 1; /* somebody always is, and yet it is faster so */
    CHECK(work(&m, &p, 100) < 0.06 && m.trials > 2);
    m.team = 5e-3; /* now it is not */
    work(&m, &p, 40);
    CHECK(p.alone && work(&m, &p, 200) > 0.97);
    m.team = 0.6e-3, m.late = 0; /* the other program has ended: seen before long */
    work(&m, &p, 60);
    CHECK(!p.alone && work(&m, &p, 20) == 0);
    m.team = 0.95e-3, m.late = 1; /* hardly a difference: it stays as it is */
    work(&m, &p, 100);
    CHECK(!p.alone);
    p.alone = 1;
    CHECK(team_choice_next(&p, 4, 7, m.now, 1).threads == 4); /* other batches have to be learned anew */
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    int size = 0;
    if (!strcmp(what, "barrier") && argc == 3) {
        check_barrier(atoi(argv[2]));
    } else if (!strcmp(what, "mode")) {
        check_mode();
    } else if (!strcmp(what, "fork")) {
        check_fork();
    } else if (!strcmp(what, "pace")) {
        check_pace();
    } else if (!strcmp(what, "grain")) {
        check_grain();
    } else if (!strcmp(what, "size") && argc == 3) {
        parallel_run(atoi(argv[2]), note_size, &size);
        printf("%d\n", size);
    } else if (!strcmp(what, "max")) {
        printf("%d\n", pynn_max_threads());
    } else if (!strcmp(what, "cgroup") && argc == 4) {
        printf("%d\n", cgroup_cpus(argv[2], argv[3]));
    } else {
        fprintf(stderr, "parallel_test: what? see its first lines\n");
        return 2;
    }
    return 0;
}
