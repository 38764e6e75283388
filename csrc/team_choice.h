/* The choice between a team of threads and one thread, by measurement. On an idle machine the size of the
 * work decides (parallel.h). But where other programs use the CPUs as well, one thread of a team may have to
 * wait for a CPU, and all others wait for it at every barrier: a team of two can be twenty times slower than
 * one thread. So steps are timed, and where threads were late at barriers, the other choice is tried now and
 * then. The results have the same bits either way. There are no trials while no thread is late. */
#ifndef PYNN_TEAM_CHOICE_H
#define PYNN_TEAM_CHOICE_H

#include "pynn.h"

/* Some steps in a row: with how many threads, and for about how many seconds. */
typedef struct time_slice {
    int threads;
    double seconds;
} time_slice;

/* The next time slice of a call that may use up to `most` threads; at most `seconds` long. A new batch size
 * discards what was measured. */
time_slice team_choice_next(pynn_team_choice *p, int most, int64_t batch, double now, double seconds);

/* Records the outcome of a time slice: `steps` steps were done from `begun` to `now`, and `late` times a
 * thread yielded at a barrier. */
void team_choice_learn(pynn_team_choice *p, int64_t steps, int64_t late, double begun, double now);

#endif
