/* See team_choice.h. Time per step and the share of late steps are exponential moving averages. A new
 * measurement is weighted by its duration and its number of steps: a single late step of a few microseconds
 * hardly changes an average, nor does a single long one; ten milliseconds of short late steps do. */
#include "team_choice.h"

#define MEMORY 10e-3       /* time constant of the averages in seconds: a slice this long replaces them */
#define FEW 3.0            /* a slice of this many steps has half the weight of one of very many */
#define FIRST 3            /* first steps are not counted: they load memory into caches and wake threads up */
#define LATE_SHARE 0.25    /* share of late steps above which other programs probably use the CPUs, too */
#define TRIAL_SECONDS 2e-3 /* measured length of a trial, after one warm-up step; at least one step */
#define TRIAL_SHARE 0.05   /* share of the time that trials may take; halved after each failed trial ... */
#define MOST_FAILS 3       /* ... at most this often */
#define CLEARLY 0.9        /* a trial wins below this share of the current time per step; above is noise */

enum { NO_TRIAL, WARMING_UP, TIMED };

time_slice team_choice_next(pynn_team_choice *p, int most, int64_t batch, double now, double seconds) {
    if (p->batch != batch) *p = (pynn_team_choice){.batch = batch};
    if (p->trial == NO_TRIAL && (p->alone || p->late > LATE_SHARE) && now >= p->due) {
        p->trial = WARMING_UP;
        p->trial_began = now;
        p->trial_seconds = 0, p->trial_steps = 0;
    }
    const double rest = TRIAL_SECONDS - p->trial_seconds;
    if (p->trial == WARMING_UP || p->steps < FIRST) seconds = 0;
    if (p->trial == TIMED && seconds > rest) seconds = rest;
    const int alone = p->trial == NO_TRIAL ? p->alone : !p->alone;
    return (time_slice){alone ? 1 : most, seconds};
}

static double blend(double old, double now, double weight) { return old + weight * (now - old); }

static void end_trial(pynn_team_choice *p, double now) {
    const double cost = p->trial_seconds / (double)p->trial_steps;
    p->trial = NO_TRIAL;
    if (cost < CLEARLY * p->cost) {
        p->alone = !p->alone;
        p->cost = cost;
        p->late = 0;
        p->fails = 0;
    } else if (p->fails < MOST_FAILS) {
        ++p->fails;
    }
    p->due = now + (now - p->trial_began) / TRIAL_SHARE * (double)(1 << p->fails);
}

void team_choice_learn(pynn_team_choice *p, int64_t steps, int64_t late, double begun, double now) {
    if (steps <= 0 || (p->steps += steps) <= FIRST) return;
    const double seconds = now - begun, many = (double)steps / ((double)steps + FEW);
    const double weight = many * (seconds < MEMORY ? seconds / MEMORY : 1);
    const double cost = seconds / (double)steps, share = late < steps ? (double)late / (double)steps : 1;
    if (p->trial == NO_TRIAL) {
        p->cost = p->cost > 0 ? blend(p->cost, cost, weight) : cost;
        p->late = blend(p->late, share, weight);
    } else if (p->trial == WARMING_UP) {
        p->trial = TIMED;
    } else {
        p->trial_seconds += seconds;
        p->trial_steps += steps;
        if (p->trial_seconds >= TRIAL_SECONDS) end_trial(p, now);
    }
}
