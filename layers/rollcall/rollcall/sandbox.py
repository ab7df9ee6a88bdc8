"""Foreign bytes are read in a process of its own, so that no webhook can harm another.

A body that is read without end, takes all the memory or crashes the interpreter ends that process and nothing else: its
webhook fails as any other may, and comes again. Nobody has to know such a body by its looks.

There are two processes. The keeper is forked while the function has one thread, and does nothing but fork the reader,
again after each death, and answer in place of the dead. So the function asks and is answered, whatever happens; and its
own threads and connections are no reader's business. Lambda has no /dev/shm, which rules out most of `multiprocessing`.
"""

import os
import pickle
import resource
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from io import BufferedRWPair, FileIO
from pathlib import Path
from typing import NamedTuple, NoReturn, cast

from rollcall.envelope import Envelope
from rollcall.errors import Fault, MissingSecret, RollcallError, TooLarge, Unavailable, Unverified
from rollcall.faults import in_words
from rollcall.intake import Interpretation, StoredSecrets, interpret
from rollcall.keys import SourceKey

# Bytes. What is within all bounds takes 150 MB (see `bounds`); of 1,024 MB the function itself has some 150.
_MEMORY = 512 * 1024 * 1024
# Seconds: a body of ten thousand events takes less than one on a whole processor, and Lambda gives half of one, with
# pauses. Within a batch a few bodies may take all of it, and the rest is still applied.
_PATIENCE = 2.0
_PATIENCE_PER_MEGABYTE = 3.0

_MEMORY_NOW = Path("/proc/self/statm")  # which macOS does not have; there memory has no bound
_MOST_FILES = 4_096  # Lambda lets a function open 1,024


class Sandbox:
    """Interprets webhooks. The processes are made with the first of them, and end with the one that asks."""

    def interpret(self, envelope: Envelope, stored_secrets: StoredSecrets) -> Interpretation:
        """As `intake.interpret`; raises `Unavailable` besides, for what the reader did not survive."""
        source = SourceKey(envelope.provider, envelope.source)
        try:
            return self._ask(envelope, stored_secrets(source))
        except (MissingSecret, Unverified):
            # Perhaps the secrets have changed since they were last asked for.
            return self._ask(envelope, stored_secrets(source, doubted=True))

    def close(self) -> None:
        with suppress(OSError):  # of what is left to be written, and cannot be
            self._keeper.close()
        del self._keeper

    def _ask(self, envelope: Envelope, secrets: object) -> Interpretation:
        try:
            pickle.dump((envelope, secrets), self._keeper)
            self._keeper.flush()
            answer = pickle.load(self._keeper)  # noqa: S301  what our own code, in our own process, has written
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()  # the next webhook gets a new one
            raise Unavailable("The process that reads webhooks is gone.") from error
        if isinstance(answer, Exception):
            raise answer
        return cast("Interpretation", answer)

    @cached_property
    def _keeper(self) -> BufferedRWPair:
        (asked, ask), (answers, answer) = os.pipe(), os.pipe()
        with warnings.catch_warnings():
            # Of other threads, which run where a keeper was lost; its successor needs none of their locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _and_no_further(_keep, _Ends(asked, answer))
        os.close(asked)
        os.close(answer)
        return BufferedRWPair(FileIO(answers), FileIO(ask, "w"))


class _Ends(NamedTuple):
    """Of two pipes: where the one who asks is heard, and where he is answered."""

    asked: int
    answer: int


def _and_no_further(run: Callable[[_Ends], None], ends: _Ends) -> NoReturn:
    """In a forked process: come what may, it must not go on with what its parent was about to do."""
    try:
        run(ends)
    finally:
        os._exit(1)


def _keep(ends: _Ends) -> None:
    # The function's connections, and the pipes by which its log is read: whoever waits for their end would wait for us.
    low, high = sorted(ends)
    for others in ((0, low), (low + 1, high), (high + 1, _MOST_FILES)):
        os.closerange(*others)
    while True:
        reader = os.fork()
        if reader == 0:
            _and_no_further(_read, ends)
        _, status = os.waitpid(reader, 0)
        died_of = os.waitstatus_to_exitcode(status)
        if died_of == 0:
            os._exit(0)  # nobody asks any more
        os.write(ends.answer, pickle.dumps(_obituary(died_of)))


def _read(ends: _Ends) -> None:
    _limit_memory()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the process, even in a C function that never returns
    pair = BufferedRWPair(FileIO(ends.asked), FileIO(ends.answer, "w"))
    while True:
        try:
            envelope, secrets = pickle.load(pair)  # noqa: S301  as above
        except EOFError:
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE + _PATIENCE_PER_MEGABYTE * len(envelope.body) / 1_000_000)
        answer = pickle.dumps(_answer(envelope, secrets))
        signal.setitimer(signal.ITIMER_REAL, 0)
        pair.write(answer)
        pair.flush()


def _answer(envelope: Envelope, secrets: object) -> Interpretation | RollcallError:
    try:
        return interpret(envelope, lambda _source, *, doubted=False: secrets)  # noqa: ARG005  as StoredSecrets has it
    except RollcallError as error:
        return error
    except MemoryError:
        return TooLarge(f"Reading it takes more than {_MEMORY} bytes of memory.")
    except Exception as error:  # noqa: BLE001  whatever it is; as it is it cannot travel, for its place would be lost
        return Fault(in_words(error))


def _limit_memory() -> None:
    if _MEMORY_NOW.exists():
        data_pages = int(_MEMORY_NOW.read_text().split()[5])
        most = data_pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _obituary(died_of: int) -> Unavailable:
    if died_of == -signal.SIGALRM:
        return Unavailable("Reading it took too long.")
    return Unavailable(f"Reading it ended the process that did, with {died_of}.")
