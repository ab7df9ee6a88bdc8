"""An AWS on this machine: MiniStack as a background process, and Rollcall deployed on it."""

import errno
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tools import sam, web
from tools.aws import LOCAL_HOST, LOCAL_KEY, LOCAL_REGION, Aws
from tools.failures import failures
from tools.gaps import fill_gaps
from tools.places import AWS_PYTHON, LOCAL, ROOT
from tools.progress import step
from tools.stack import Stack
from tools.trouble import Trouble

DEFAULT_PORT = 4566  # where emulators of AWS usually listen
START_SECONDS = 60  # it takes two; a busy machine may take more
STOP_SECONDS = 10  # it takes one
CONSUMERS = (
    "4"  # processes that apply webhooks at once; with the template's ten, two processors acknowledge more slowly
)
SAVE_SECONDS = 120  # before it stops it writes what it keeps: a second for every ten thousand records

_NOT_SAVED = re.compile(r"Persistence: (error|failed)")


class EmbeddedAws:
    """One embedded AWS with its own port and folder; as a context manager it runs for as long as the block does."""

    def __init__(
        self,
        port: int | None = None,
        *,
        auth: bool = False,
        keeps_state: bool = False,
        state_dir: Path = LOCAL,
        host: str = LOCAL_HOST,
    ) -> None:
        """`port` None takes a free one; `auth` lets it enforce the functions' roles; it answers at `host` only.

        With `keeps_state` it goes on where it was stopped, when it is started again with the same folder and port.
        """
        self.host = host
        self.port = port or _free_port(host)
        self.state_dir = state_dir
        self.endpoint = f"http://{self.host}:{self.port}"
        self.aws = Aws.embedded(self.port, self.host)
        self._auth = auth
        self._keeps_state = keeps_state
        self._process: subprocess.Popen[bytes] | None = None  # only where this program started it

    @classmethod
    def running(cls, state_dir: Path = LOCAL) -> Self | None:
        """The one that was started with this folder, if it still runs."""
        # The process holds the lock for as long as it lives: a recorded pid is never that of some other program.
        if not _is_locked(state_dir / "aws.lock"):
            return None
        state = json.loads((state_dir / "aws.json").read_text())
        return cls(state["port"], state_dir=state_dir, host=state["host"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self.state_dir / "aws.log"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        if not AWS_PYTHON.exists():
            raise Trouble("The embedded AWS is not installed: `make environments` does it.")
        _check_that_it_can_listen(self.host, self.port)
        shutil.rmtree(self.state_dir / "tmp", ignore_errors=True)  # it never deletes the code of functions it ran
        (self.state_dir / "tmp").mkdir(parents=True)
        self._process = process = self._spawn()
        state = {"pid": process.pid, "host": self.host, "port": self.port}
        (self.state_dir / "aws.json").write_text(json.dumps(state))
        self._wait_until_ready(process)

    def stop(self) -> None:
        """Stops it, with the functions that it runs; what it held is gone, unless it keeps its state."""
        pid = json.loads((self.state_dir / "aws.json").read_text())["pid"]
        for request in (signal.SIGTERM, signal.SIGKILL):
            if _is_locked(self.state_dir / "aws.lock"):
                os.killpg(pid, request)
            if self._has_ended():
                if self._process:
                    self._process.wait()
                return
        raise Trouble(f"The embedded AWS (process {pid}) does not stop.")

    def restart(self) -> None:
        """Stops it in the middle of whatever it does, and starts it again; what it held is still there."""
        self.stop()
        self._require_saved_state()
        self.start()

    def function_processes(self) -> list[int]:
        """The processes that run functions at this moment."""
        group = json.loads((self.state_dir / "aws.json").read_text())["pid"]
        listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid="], capture_output=True, text=True, check=True).stdout
        processes = [(int(pid), int(of_group)) for pid, of_group in map(str.split, listed.splitlines())]
        return [pid for pid, of_group in processes if of_group == group != pid]

    def deploy(self, name: str = "rollcall", parameters: Mapping[str, str] | None = None) -> Stack:
        """Builds and deploys template.yaml under this name, and fills in what the embedded AWS lacks."""
        began = datetime.now(UTC)
        try:
            sam.build_and_deploy(name, self.endpoint, {**self.parameters(), **(parameters or {})}, self.state_dir)
        except Trouble as trouble:
            raise Trouble("\n".join([str(trouble), *failures(name, self.aws, began)])) from trouble
        with step("Completing the API"):
            fill_gaps(name, self.aws)
        return Stack.read(name, self.aws)

    def parameters(self) -> Mapping[str, str]:
        """Those of the template that say where the stack runs, and on how small a machine."""
        return {
            "Architecture": sam.machine_architecture(),
            "EndpointUrl": self.endpoint,
            "ConsumerConcurrency": CONSUMERS,
        }

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with (self.state_dir / "aws.lock").open("w") as lock, self.log.open("wb") as log:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Trouble("An embedded AWS already runs here: `make down` stops it.") from error
            return subprocess.Popen(
                [AWS_PYTHON, "-m", "tools.guarded_aws"],
                env=self._environment(),
                cwd=ROOT,  # where that module is found; a variable that says so would reach the functions, too
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C here is not for it, and stop() finds its functions as its group
            )

    def _environment(self) -> dict[str, str]:
        """All that it and the functions see of this machine: as on AWS, nothing of the developer's own settings."""
        return {
            "PATH": f"{AWS_PYTHON.parent}:/usr/bin:/bin",
            "HOME": str(self.state_dir),
            "TMPDIR": str(self.state_dir / "tmp"),
            "LANG": "C.UTF-8",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": self.host,
            "AUTH": str(self._auth).lower(),
            "IOT_MTLS_ENABLED": "0",  # would open a port of its own
            "SFTP_ENABLED": "0",  # likewise
            "MINISTACK_REGION": LOCAL_REGION,
            "AWS_DEFAULT_REGION": LOCAL_REGION,
            "AWS_ACCESS_KEY_ID": LOCAL_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
            **(self._state_environment() if self._keeps_state else {}),
        }

    def _state_environment(self) -> dict[str, str]:
        return {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state_dir / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
        }

    def _require_saved_state(self) -> None:
        # It saves service by service, and goes on with the next where one cannot be saved.
        faults = [line for line in self.log.read_text(errors="replace").splitlines() if _NOT_SAVED.search(line)]
        if faults:
            raise Trouble(f"The embedded AWS has not saved all that it held: {faults[0]}")

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if web.is_up(f"{self.endpoint}/_ministack/ready"):
                return
            time.sleep(0.1)  # it starts in two seconds
        process.kill()
        raise Trouble(f"The embedded AWS did not start; its log is {self.log}:\n{sam.last_lines(self.log)}")

    def _has_ended(self) -> bool:
        deadline = time.monotonic() + (SAVE_SECONDS if self._keeps_state else STOP_SECONDS)
        while _is_locked(self.state_dir / "aws.lock"):
            if time.monotonic() > deadline:
                return False
            # For the requests under way it starts functions anew, which ask an AWS that listens no more and hold it up.
            self._kill_functions()
            time.sleep(0.05)  # it takes about a second
        self._kill_functions()  # or they would go on with code that the next start deletes
        return True

    def _kill_functions(self) -> None:
        for pid in self.function_processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _is_locked(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _check_that_it_can_listen(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was closed just now is free
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise Trouble(f"This machine has no address {host}: ROLLCALL_HOST must be one of its own.") from error
            raise Trouble(
                f"Port {port} is in use by another program: choose a free one, as in `make up ROLLCALL_PORT=4600`."
            ) from error


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
