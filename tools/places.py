"""Where things lie in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
TEMPLATE = ROOT / "template.yaml"
SAM = LOCAL / "sam" / "bin" / "sam"
MINISTACK = LOCAL / "aws" / "bin" / "ministack"
DEV_BIN = ROOT / ".venv" / "bin"
