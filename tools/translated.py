"""The template as CloudFormation gets it: SAM's short forms written out, by the translator that SAM CLI brings.

Runs in SAM CLI's own environment, for the translator and the functions' libraries want different versions of pydantic.
"""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tools.places import SAM, TEMPLATE
from tools.trouble import Trouble

_TRANSLATE = """
import json, os, sys
os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"  # the translator asks for one
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform
template = yaml_parse(sys.stdin.read())
for resource in template["Resources"].values():
    for name in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
        resource["Properties"][name] = "s3://bucket/" + resource["Properties"][name]  # as `sam package` has it
class NoManagedPolicies:
    load = dict
json.dump(transform(template, json.loads(sys.argv[1]), NoManagedPolicies()), sys.stdout)
"""


def translated(parameters: Mapping[str, str] | None = None, template: Path = TEMPLATE) -> dict[str, Any]:
    """By these parameters, all others as they stand in the template."""
    result: dict[str, Any] = json.loads(_translated(template, json.dumps(parameters or {}, sort_keys=True)))
    return result


@cache
def _translated(template: Path, parameters: str) -> str:
    python = SAM.with_name("python")
    if not python.exists():
        raise Trouble("SAM CLI is not installed: `make environments` does it.")
    done = subprocess.run(
        [python, "-c", _TRANSLATE, parameters], input=template.read_text(), capture_output=True, text=True
    )
    if done.returncode:
        raise Trouble(f"The template cannot be translated:\n{done.stderr}")
    return done.stdout
