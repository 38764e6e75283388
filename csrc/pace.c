/* See pace.h. */
#include "pace.h"

#define LATE_SHARE 0.25    /* of steps: more looks like somebody else's work on our CPUs */
#define TRIAL_SECONDS 1e-3 /* a trial is one step to warm up, and then this long, at least one step */
#define TRIAL_EVERY 0.25   /* seconds from trial to trial ... */
#define TRIAL_SHARE 0.01   /* ... or longer, so that trials take no more than this share of the time */
#define CLEARLY 0.9        /* of the other way's time: less difference is noise */

enum { NO_TRIAL, WARMING_UP, TIMED };

stretch pace_next(pynn_pace *p, int most, int64_t batch, double now, double seconds) {
    if (p->batch != batch) *p = (pynn_pace){.batch = batch};
    if (p->trial == NO_TRIAL && (p->alone || p->troubled) && now >= p->due) {
        p->trial = WARMING_UP;
        p->trial_began = now;
    }
    if (p->trial == WARMING_UP) seconds = 0;
    if (p->trial == TIMED && seconds > TRIAL_SECONDS) seconds = TRIAL_SECONDS;
    const int alone = p->trial == NO_TRIAL ? p->alone : !p->alone;
    return (stretch){alone ? 1 : most, seconds};
}

void pace_learn(pynn_pace *p, int64_t steps, int64_t late, double begun, double now) {
    if (steps <= 0) return;
    const double cost = (now - begun) / (double)steps;
    if (p->trial == NO_TRIAL) {
        p->cost = cost;
        p->troubled = (double)late > LATE_SHARE * (double)steps;
    } else if (p->trial == WARMING_UP) {
        p->trial = TIMED;
    } else {
        if (cost < CLEARLY * p->cost) p->alone = !p->alone, p->cost = cost;
        p->trial = NO_TRIAL;
        const double rest = (now - p->trial_began) / TRIAL_SHARE;
        p->due = now + (rest > TRIAL_EVERY ? rest : TRIAL_EVERY);
    }
}
