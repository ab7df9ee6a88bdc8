"""What befalls a Rollcall while webhooks flow: deaths, restarts, a trimmer that rests, messages that come once more."""

import os
import random
import signal
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from rollcall.envelope import Envelope, seal
from tools.embedded_aws import EmbeddedAws
from tools.endurance.faulty_aws import FaultyAws
from tools.endurance.traffic import Traffic
from tools.stack import Stack

TICK = 0.25  # seconds between two looks at what is due
KILL_EVERY = 3.0  # seconds; five minutes of traffic see a hundred deaths
COPY_EVERY = 1.0  # seconds
COPIES = 2  # webhooks that SQS delivers once more each time
LATEST_COPY = 10  # seconds that a copy waits in the queue
TRIMMER_RESTS = (1 / 3, 2 / 3)  # of the traffic: from when till when


@dataclass
class Disasters:
    """Strikes at random times, but as often as asked for: `restarts` over the whole of `deliveries`."""

    aws: EmbeddedAws
    stack: Stack
    faulty: FaultyAws
    traffic: Traffic
    deliveries: int
    restarts: int
    chance: random.Random
    kills: int = 0
    restarted: int = 0
    seconds_away: float = 0.0
    copies: int = 0
    _next_kill: float = field(default_factory=lambda: time.monotonic() + KILL_EVERY)
    _next_copy: float = field(default_factory=lambda: time.monotonic() + COPY_EVERY)
    _trimmer_rests: bool = False

    def strike_until(self, clients: list[Future[None]]) -> None:
        """Returns when all clients have done."""
        while not all(client.done() for client in clients):
            time.sleep(TICK)
            done = len(self.traffic.acknowledged) / self.deliveries
            if self.restarted < self.restarts and done > (self.restarted + 1) / (self.restarts + 1):
                self._restart()
            if time.monotonic() > self._next_kill:
                self._kill()
            if time.monotonic() > self._next_copy:
                self._copy()
            self._let_trimmer_rest(TRIMMER_RESTS[0] < done < TRIMMER_RESTS[1])
        self._let_trimmer_rest(False)

    def _kill(self) -> None:
        self._next_kill = time.monotonic() + self.chance.uniform(0, 2 * KILL_EVERY)
        processes = self.aws.function_processes()
        if processes:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(self.chance.choice(processes), signal.SIGKILL)
                self.kills += 1

    def _restart(self) -> None:
        began = time.monotonic()
        self.aws.restart()
        self.seconds_away += time.monotonic() - began
        self.restarted += 1

    def _copy(self) -> None:
        """SQS delivers at least once: some webhooks once more, as if received long ago and handed on only now."""
        self._next_copy = time.monotonic() + COPY_EVERY
        known = self.traffic.acknowledged.copy()
        for delivery in self.chance.sample(known, min(COPIES, len(known))):
            envelope = Envelope(
                provider=delivery.provider,
                source=delivery.source,
                received_at=delivery.received_at,  # by the world's clock, hours ago
                request_id=f"copy-{self.copies}",
                headers={name.lower(): value for name, value in delivery.headers.items()},
                body=delivery.body,
            )
            with suppress(BotoCoreError, ClientError):
                self.stack.aws.sqs.send_message(
                    QueueUrl=self.stack.webhooks_queue,
                    MessageBody=seal(envelope),
                    DelaySeconds=self.chance.randrange(LATEST_COPY),
                )
                self.copies += 1

    def _let_trimmer_rest(self, rests: bool) -> None:
        if rests != self._trimmer_rests:
            switch_trimmer(self.stack, on=not rests)
            self._trimmer_rests = rests


def switch_trimmer(stack: Stack, *, on: bool) -> None:
    """Enables or disables the schedule by which members are trimmed."""
    resource = stack.aws.cloudformation.describe_stack_resource(
        StackName=stack.name, LogicalResourceId="TrimmerMembers"
    )["StackResourceDetail"]
    schedule = stack.aws.schedules.get_schedule(Name=resource.get("PhysicalResourceId", ""))
    stack.aws.schedules.update_schedule(
        Name=schedule["Name"],
        ScheduleExpression=schedule["ScheduleExpression"],
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
        Target=schedule["Target"],
        State="ENABLED" if on else "DISABLED",
    )
