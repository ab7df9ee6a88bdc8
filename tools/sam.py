"""SAM CLI, told to build and to deploy to the embedded AWS."""

import fcntl
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.aws import LOCAL_KEY, LOCAL_REGION
from tools.places import DEV_BIN, LOCAL, ROOT, SAM
from tools.progress import step
from tools.trouble import Trouble

TAIL_LINES = 20  # enough to hold the table in which SAM CLI says which resource failed


def machine_architecture() -> str:
    """Lambda's name for this machine's processor."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def build_and_deploy(name: str, endpoint: str, parameters: Mapping[str, str], logs: Path) -> None:
    """Builds template.yaml and deploys it; what SAM CLI says goes to build.log and deploy.log in the folder `logs`."""
    LOCAL.mkdir(exist_ok=True)
    # Two at a time would deploy from a half-written build: tests may run beside a `make up`.
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with step("Building the functions"):
            _sam(["build", "--config-env", "local"], endpoint, logs / "build.log")
        with step("Deploying to the embedded AWS"):
            deploy(name, endpoint, parameters, logs)


def deploy(
    name: str,
    endpoint: str,
    parameters: Mapping[str, str],
    logs: Path,
    built: Path = ROOT / ".aws-sam/build/template.yaml",
) -> None:
    """Deploys what was built already."""
    overrides = [f"{key}={value}" for key, value in parameters.items()]
    config = [
        "--config-file",
        str(ROOT / "samconfig.toml"),
        "--config-env",
        "local",
    ]  # else looked for beside the template
    arguments = ["--template-file", str(built), *config, "--stack-name", name]
    _sam(["deploy", *arguments, "--parameter-overrides", *overrides], endpoint, logs / "deploy.log")


def last_lines(log: Path) -> str:
    """What a log ends with, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def _sam(arguments: list[str], endpoint: str, log: Path) -> None:
    if not SAM.exists():
        raise Trouble("SAM CLI is not installed: `make environments` does it.")
    with log.open("wb") as output:
        command = [str(SAM), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment(endpoint), stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Trouble(f"{last_lines(log)}\n`sam {arguments[0]}` failed; all that it said is in {log}.")


def environment(endpoint: str) -> dict[str, str]:
    """What SAM CLI is told, so that it deploys there and nowhere else."""
    # Nothing that could lead to the user's real AWS account, and nothing of ours that the layers' makefiles might heed.
    own = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MAKE", "MFLAGS", "PYTHON"))}
    return own | {
        "PATH": f"{DEV_BIN}:{os.environ.get('PATH', '')}",  # `sam build` and the layers' makefiles call python3.13
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",  # seconds; SAM asks every five, and the embedded AWS is done in two
    }
