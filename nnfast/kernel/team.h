/* Threads that work on one network together: how they start, wait for each other and end.

   Not OpenMP, whose pool would stand beside those of other libraries, and not Python's threads, in
   whose code Ctrl-C could strike between two barriers. A thread lives for one call of the kernel,
   which takes milliseconds; to start it takes some microseconds. */

#ifndef NNFAST_TEAM_H
#define NNFAST_TEAM_H

#include <Python.h>
#include <pythread.h>

#if defined(_MSC_VER)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <intrin.h>
#define ADD_ONE(number) _InterlockedIncrement(&(number))
#define READ(number) _InterlockedOr(&(number), 0)
#define WRITE(number, value) _InterlockedExchange(&(number), value)
#define GIVE_WAY() SwitchToThread()
#else
#include <sched.h>
#define ADD_ONE(number) __atomic_add_fetch(&(number), 1, __ATOMIC_ACQ_REL)
#define READ(number) __atomic_load_n(&(number), __ATOMIC_ACQUIRE)
#define WRITE(number, value) __atomic_store_n(&(number), value, __ATOMIC_RELEASE)
#define GIVE_WAY() sched_yield()
#endif

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void) 0)
#endif

/* A thread that waits keeps its core for this many looks, about the time of one update; then other
   programs may have it. */
#define LOOKS 1000

typedef struct {
    long size;          /* threads, with the caller's; 0 while they are started */
    long arrived;       /* threads at the barrier */
    long generation;    /* how often all threads have passed it */
    long finished;
    int stopped;        /* whether Ctrl-C ends the call; a barrier is between writing and reading */
} Team;

static void wait_while(long *number, long value) {
    for (long looks = 0; READ(*number) == value; looks++) {
        if (looks < LOOKS)
            PAUSE();
        else
            GIVE_WAY();
    }
}

/* Return when all threads of the team are here: what each wrote before, all can read after. */
static void wait_at_barrier(Team *team) {
    if (team->size == 1)
        return;
    long generation = READ(team->generation);
    if (ADD_ONE(team->arrived) == team->size) {
        WRITE(team->arrived, 0);
        ADD_ONE(team->generation);
    } else {
        wait_while(&team->generation, generation);
    }
}

/* Start threads that run work(members[1]), work(members[2]) and so on, as many as can be had;
   return how many there are with the caller's. They wait for begin. */
static long start_team(Team *team, long size, void (*work)(void *), char *members, size_t bytes) {
    long started = 1;
    team->size = team->arrived = team->finished = 0;
    team->stopped = 0;
    while (started < size) {
        unsigned long id = PyThread_start_new_thread(work, members + (size_t) started * bytes);
        if (id == PYTHREAD_INVALID_THREAD_ID)
            break;
        started++;
    }
    return started;
}

static void begin(Team *team, long size) { WRITE(team->size, size); }
static void wait_for_begin(Team *team) { wait_while(&team->size, 0); }
static void finish(Team *team) { ADD_ONE(team->finished); }

static void wait_for_end(Team *team) {
    for (long done = READ(team->finished); done != team->size - 1; done = READ(team->finished))
        wait_while(&team->finished, done);
}

#endif
