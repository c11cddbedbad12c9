"""A process that forks workers: `python -m seqsweep.executor.fork_server SOCKET`, started by starting.py.

It imports once what all of them need, which takes seconds and hundreds of megabytes that they then share. It asks
nothing of the libraries that would start their threads: a fork has the thread alone that forked it.

Its first message is a pickled function that imports. Then it obeys two requests, and answers each by a number: `FORK`,
with three descriptors (the worker's end of the pipe, its standard input, its log), by the worker's process id; a
process id, by the exit code of that worker, or -N where signal N killed it. A worker that ended stays in the system's
table until it is asked for, so that its id cannot become another's. The server ends with its parent, which alone holds
the socket's other end.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
from typing import NoReturn

from seqsweep.executor import worker
from seqsweep.executor.starting import FORK
from seqsweep.imports import own_process
from seqsweep.interrupts import leave_to_parent

MOST = 1 << 16  # bytes of a message


def main(number: int) -> None:
    """Obey the parent until it closes the socket.

    Args:
        number: of the socket's descriptor.
    """
    own_process()
    leave_to_parent()
    connection = socket.socket(fileno=number)
    preload = connection.recv(MOST)
    if preload:
        pickle.loads(preload)()
    while True:
        request, descriptors, _, _ = socket.recv_fds(connection, MOST, 3)
        if not request:
            os._exit(0)  # not sys.exit: workers that live on are their own parent's
        connection.send(str(_fork(connection, *descriptors) if request == FORK else _ended(int(request))).encode())


def _fork(connection: socket.socket, pipe: int, stdin: int, log: int) -> int:
    pid = os.fork()
    if not pid:
        connection.close()
        _become_worker(pipe, stdin, log)
    for descriptor in (pipe, stdin, log):
        os.close(descriptor)
    return pid


def _become_worker(pipe: int, stdin: int, log: int) -> NoReturn:
    os.setpgid(0, 0)
    for descriptor, number in ((stdin, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, number)
    os.close(stdin)
    os.close(log)
    worker.main(pipe)
    raise AssertionError  # it ends the process


def _ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main(int(sys.argv[1]))
