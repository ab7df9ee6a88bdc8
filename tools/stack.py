"""A deployed Rollcall, read from the outputs of its CloudFormation stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from botocore.exceptions import ClientError

from rollcall.stack_secret import split
from tools.aws import Aws
from tools.trouble import Trouble


@dataclass(frozen=True)
class Stack:
    """Where each part of one deployed Rollcall is."""

    name: str
    aws: Aws
    outputs: Mapping[str, str]

    @classmethod
    def read(cls, name: str, aws: Aws) -> "Stack":
        """The stack of that name in that AWS."""
        try:
            description = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise Trouble(f"There is no stack named {name} {_where(aws)}.") from error
        outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
        if "ParameterPrefix" not in outputs:
            raise Trouble(f"The stack {name} {_where(aws)} is not (or not completely) a Rollcall.")
        return cls(name, aws, outputs)

    @property
    def place(self) -> str:
        """Which one it is, for people."""
        return f"{self.name} {_where(self.aws)}"

    @property
    def url(self) -> str:
        """What the paths of webhooks and of the read API are appended to."""
        if self.aws.endpoint is None:
            return self.outputs["ApiUrl"]
        # The embedded AWS does not answer under the names that it gives to its APIs.
        return f"{self.aws.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    @cached_property
    def url_secret(self) -> str:
        """The one in use; during a rotation there is another that is accepted, too."""
        return self.keys("UrlSecretArn")[0]

    @cached_property
    def read_key(self) -> str:
        """The one in use, likewise."""
        return self.keys("ReadKeyArn")[0]

    @property
    def webhooks_queue(self) -> str:
        return self.outputs["WebhooksQueueUrl"]

    @property
    def parked_queue(self) -> str:
        return self.outputs["ParkedQueueUrl"]

    @property
    def presence_table(self) -> str:
        return self.outputs["PresenceTable"]

    @property
    def events_table(self) -> str:
        return self.outputs["EventsTable"]

    @property
    def parameter_prefix(self) -> str:
        return self.outputs["ParameterPrefix"]

    @property
    def ingest(self) -> str:
        return self.outputs["IngestFunction"]

    @property
    def consumer(self) -> str:
        return self.outputs["ConsumerFunction"]

    @property
    def trimmer(self) -> str:
        return self.outputs["TrimmerFunction"]

    @property
    def query(self) -> str:
        return self.outputs["QueryFunction"]

    @property
    def console(self) -> str:
        return self.outputs["ConsoleFunction"]

    def keys(self, output: str) -> tuple[str, ...]:
        """What the secret of an output holds now, the key in use first. Raises `Trouble` if it is empty."""
        keys = split(self.aws.secrets.get_secret_value(SecretId=self.outputs[output])["SecretString"])
        if not keys:
            raise Trouble(f"The secret of the output {output} is empty: give it a value.")
        return keys


def _where(aws: Aws) -> str:
    return f"in {aws.session.region_name}" if aws.endpoint is None else "in the embedded AWS"
