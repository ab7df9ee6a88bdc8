"""One AWS, real or embedded, and its clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

LOCAL_REGION = "us-east-1"
LOCAL_HOST = "127.0.0.1"  # only this machine's own programs reach it there
LOCAL_KEY = "test"  # the embedded AWS takes this key as its account's root


@dataclass(frozen=True)
class Aws:
    """Makes clients of one AWS; each is made once, when it is first asked for."""

    session: boto3.Session
    endpoint: str | None = None

    @classmethod
    def embedded(cls, port: int, host: str = LOCAL_HOST) -> "Aws":
        """The embedded AWS on this machine, whatever the environment says about real ones."""
        own = botocore.session.Session()
        own.set_credentials(LOCAL_KEY, LOCAL_KEY)
        own.set_default_client_config(Config(proxies={}))  # a company's proxy does not know this machine
        session = boto3.Session(botocore_session=own, region_name=LOCAL_REGION)
        return cls(session, f"http://{host}:{port}")

    @classmethod
    def real(cls, region: str, profile: str | None = None) -> "Aws":
        """AWS with the user's ordinary credentials, or those of a profile."""
        return cls(boto3.Session(region_name=region, profile_name=profile))

    @cached_property
    def apis(self) -> "ApiGatewayV2Client":
        return self.session.client("apigatewayv2", endpoint_url=self.endpoint)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        return self.session.client("cloudformation", endpoint_url=self.endpoint)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.session.client("dynamodb", endpoint_url=self.endpoint)

    @cached_property
    def functions(self) -> "LambdaClient":
        # A trimmer may work for four minutes, and must not be started twice because its answer takes long.
        patient = Config(read_timeout=300, retries={"total_max_attempts": 1})
        return self.session.client("lambda", endpoint_url=self.endpoint, config=patient)

    @cached_property
    def iam(self) -> "IAMClient":
        return self.session.client("iam", endpoint_url=self.endpoint)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return self.session.client("logs", endpoint_url=self.endpoint)

    @cached_property
    def metrics(self) -> "CloudWatchClient":
        return self.session.client("cloudwatch", endpoint_url=self.endpoint)

    @cached_property
    def schedules(self) -> "EventBridgeSchedulerClient":
        return self.session.client("scheduler", endpoint_url=self.endpoint)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return self.session.client("secretsmanager", endpoint_url=self.endpoint)

    @cached_property
    def sqs(self) -> "SQSClient":
        return self.session.client("sqs", endpoint_url=self.endpoint)

    @cached_property
    def ssm(self) -> "SSMClient":
        return self.session.client("ssm", endpoint_url=self.endpoint)

    @cached_property
    def streams(self) -> "DynamoDBStreamsClient":
        return self.session.client("dynamodbstreams", endpoint_url=self.endpoint)


def time_of(answer: Mapping[str, Any]) -> datetime:
    """When AWS gave the answer, by its own clock, in whole seconds."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
