"""Where things lie in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
TEMPLATE = ROOT / "template.yaml"
SAM = LOCAL / "sam" / "bin" / "sam"
AWS_PYTHON = LOCAL / "aws" / "bin" / "python"  # of the environment that holds MiniStack
DEV_BIN = ROOT / ".venv" / "bin"
