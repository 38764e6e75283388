/* A team, or one thread alone? The size of the work says what is worth a team on a machine of its own
 * (parallel.h). But where other programs want the CPUs as well, a member may have to wait for one, and
 * everybody waits for that member at every barrier: a team of two can be twenty times slower than one thread.
 * So steps are timed, and where members were late the other way is tried now and then. Bits do not depend on
 * the choice. Nothing is measured on purpose as long as nobody is late. */
#ifndef PYNN_TEAM_CHOICE_H
#define PYNN_TEAM_CHOICE_H

#include "pynn.h"

/* A time_slice of steps: so many threads, for about so many seconds. */
typedef struct time_slice {
    int threads;
    double seconds;
} time_slice;

/* The next time_slice of a call that may use `most` threads; at most `seconds` long. */
time_slice team_choice_next(pynn_team_choice *p, int most, int64_t batch, double now, double seconds);

/* What came of it: steps done from `begun` to `now`, and how often someone was late. */
void team_choice_learn(pynn_team_choice *p, int64_t steps, int64_t late, double begun, double now);

#endif
