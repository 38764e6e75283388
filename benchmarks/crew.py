"""The peers' processes: started when first needed, with the number of threads in their environment.

A process for each peer and number of threads, because some libraries read it once, when they are
loaded. Read peers/worker.py for the other end.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

from peers import PEERS, missing

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PJRT_NPROC")


class Member:
    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        environment = os.environ | dict.fromkeys(VARIABLES, str(threads)) | {"JAX_PLATFORMS": "cpu"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "peers.worker", name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            preexec_fn=lambda: confine(threads) if name == "jax" else None,
            start_new_session=True,  # a Ctrl-C is ours to hear
        )

    def ask(self, method: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        pickle.dump((method, arguments), self._process.stdin, protocol=5)
        self._process.stdin.flush()
        good, answer = pickle.load(self._process.stdout)
        if not good:
            raise RuntimeError(f"{self.name}: {answer}")
        return answer

    def leave(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def confine(threads: int) -> None:
    """To as many processors as threads: what XLA counts when it decides on its own."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Crew:
    """The peers that were asked for and are installed; `absent` says which are not, and why."""

    def __init__(self, wanted: list[str]) -> None:
        self._members: dict[tuple[str, int], Member] = {}
        self.absent = {name: missing(name) for name in wanted if missing(name)}
        self.names = [name for name in wanted if name not in self.absent]

    def those_who(self, what: str, threads: int, only: tuple[str, ...] = ()) -> dict[str, Member]:
        """Members that can `train` or `predict`, with so many threads."""
        names = [name for name in self.names if what in PEERS[name][2] and (not only or name in only)]
        return {name: self._member(name, threads) for name in names}

    def _member(self, name: str, threads: int) -> Member:
        if (name, threads) not in self._members:
            self._members[name, threads] = Member(name, threads)
        return self._members[name, threads]

    def dismiss(self) -> None:
        for member in self._members.values():
            member.leave()
        self._members.clear()
