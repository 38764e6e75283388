# Whose turn it is, included by _native.pyx: calls that share a network's workspace come one after the other, and
# signals are looked for while one is at work. Nothing is computed here. Read Engine in _native.pyx next.

cdef int poll(void *pending) noexcept with gil:
    """Signals, looked for within a long step: a pending exception is kept for the caller."""
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        (<list>pending).append(error)
        return 1
    return 0


cdef class CallLock:
    """One call at a time: the calls share the workspace. A call from within a call is refused.

    (Only a signal handler can try that: signals are looked for in the middle of long steps.)
    """

    cdef object acquire, release
    cdef bint taken

    def __cinit__(self):
        lock = RLock()
        self.acquire, self.release, self.taken = lock.acquire, lock.release, False

    def __enter__(self):
        self.acquire()
        if self.taken:
            self.release()
            raise RuntimeError("this network is in the middle of a call; a signal handler cannot use it now")
        self.taken = True

    def __exit__(self, *error):
        self.taken = False
        self.release()
