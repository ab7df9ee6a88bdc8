"""The meter bills as AWS does, by AWS's own examples where it gives any."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tools import template
from tools.costs import billing, prices, scenarios
from tools.costs.bill import Bill
from tools.costs.metering import Billed, Consumption, Run
from tools.costs.prices import Unit, price_list
from tools.costs.processor import Measured
from tools.costs.scenarios import Batch, Scenario
from tools.costs.waits import Waits
from tools.costs.webhooks import Webhook

KB = 1024
SCENARIO = Scenario("some", "webhooks", 1, [])


# "HTTP APIs calls are metered in 512 KB increments, so for example, 513 KB is metered as two requests."
# https://www.stormit.cloud/blog/amazon-api-gateway-pricing, after https://aws.amazon.com/api-gateway/pricing/
@pytest.mark.parametrize(
    ("payload", "requests"), [(0, 1), (512 * KB, 1), (513 * KB, 2), (1024 * KB, 2), (1025 * KB, 3)]
)
def test_an_http_api_bills_each_512_kb(payload: int, requests: int) -> None:
    assert billing.http_api_requests(payload) == requests


# "an API action with a 256 KB payload is billed as 4 requests": https://aws.amazon.com/sqs/pricing/
@pytest.mark.parametrize(
    ("payload", "requests"), [(1, 1), (64 * KB, 1), (64 * KB + 1, 2), (256 * KB, 4), (1024 * KB, 16)]
)
def test_sqs_bills_each_64_kb(payload: int, requests: int) -> None:
    assert billing.sqs_requests(payload) == requests


def test_a_batch_of_sqs_is_one_request_by_the_size_of_all_its_messages() -> None:
    # "A single request can have from 1 to 10 messages, up to a maximum total payload": https://aws.amazon.com/sqs/pricing/
    assert billing.sqs_receives([KB] * 10) == 1
    assert billing.sqs_receives([KB] * 11) == 2
    assert billing.sqs_receives([10 * KB] * 10) == 2
    assert billing.sqs_deletes(10) == 1
    assert billing.sqs_deletes(11) == 2
    assert billing.sqs_deletes(1) == 1


def test_lambda_bills_gb_seconds_as_its_pricing_page_does() -> None:
    # "Mobile application backend": 3 million requests of 120 ms with 1,536 MB are 540,000 GB-s.
    # https://aws.amazon.com/lambda/pricing/
    assert 3_000_000 * billing.gb_seconds(120, 1536) == pytest.approx(540_000)


@pytest.mark.parametrize(("milliseconds", "billed"), [(0.2, 1), (1.0, 1), (1.0001, 2), (7.0, 7)])
def test_lambda_rounds_up_to_a_millisecond(milliseconds: float, billed: int) -> None:
    assert billing.gb_seconds(milliseconds, 1024) == billed / 1000


# "At 1,769 MB, a function has the equivalent of one vCPU."
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
@pytest.mark.parametrize(("memory", "milliseconds"), [(1769, 10), (884.5, 20), (442.25, 40), (3538, 10)])
def test_memory_buys_processor_time_up_to_one_processor(memory: int, milliseconds: float) -> None:
    assert billing.wall_milliseconds(10, 0, memory) == pytest.approx(milliseconds)
    assert billing.wall_milliseconds(10, 5, memory) == pytest.approx(milliseconds + 5)


def test_an_idle_queue_is_asked_by_five_pollers_every_twenty_seconds() -> None:
    # 5 pollers x 3 a minute x 60 minutes x 730 hours.
    assert billing.empty_receives_per_month() == 657_000


def test_a_schedule_of_five_minutes_starts_twelve_times_an_hour() -> None:
    assert billing.starts_per_month(300) == 12 * 730


def test_every_unit_has_a_price_a_source_and_whoever_confirms_it() -> None:
    content = prices.read()
    assert set(price_list().of) == set(Unit)
    assert all(price["source"].startswith("https://") and price["confirmed"] for price in content["prices"].values())


def test_a_million_of_each_costs_what_the_price_list_says() -> None:
    # As https://aws.amazon.com/dynamodb/pricing/on-demand/ and the others put it: dollars per million.
    listed = {unit: price_list().of[unit] * 1_000_000 for unit in Unit}
    assert listed[Unit.HTTP_API_REQUESTS] == pytest.approx(1.00)
    assert listed[Unit.LAMBDA_REQUESTS] == pytest.approx(0.20)
    assert listed[Unit.SQS_REQUESTS] == pytest.approx(0.40)
    assert listed[Unit.WRITE_UNITS] == pytest.approx(0.625)
    assert listed[Unit.READ_UNITS] == pytest.approx(0.125)
    assert listed[Unit.TTL_DELETIONS] == 0
    # 128 MB cost 0.0000000017 dollars for a millisecond on Arm: https://aws.amazon.com/lambda/pricing/
    assert price_list().of[Unit.LAMBDA_GB_SECONDS] * billing.gb_seconds(1, 128) == pytest.approx(0.0000000017, rel=0.03)


def test_a_bill_adds_up_units_and_the_time_of_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "memory_mb", lambda _function: 1024)
    consumption = Consumption(runs=[Run("Ingest", waits=1)] * 2)
    consumption.units.update({Billed(Unit.WRITE_UNITS, "Presence"): 3, Billed(Unit.WRITE_UNITS, "Events"): 1})
    bill = Bill(replace(SCENARIO, counted=2), consumption, {"Ingest": Measured(init=0, invocation=0)})
    assert bill.units(Unit.WRITE_UNITS) == 2
    assert bill.dollars(Unit.WRITE_UNITS) == pytest.approx(1.25)
    assert bill.gb_seconds(cold=0) == pytest.approx(0.005)  # a wait of 5 ms with 1 GB
    assert bill.total(cold=0) == pytest.approx(1.25 + 0.005 * 13.3334)


def test_the_init_phase_of_cold_starts_is_billed_with_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    # Since August 2025 billed duration is that of INIT and of the invocation, rounded up together.
    # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    monkeypatch.setattr(template, "memory_mb", lambda _function: 1769)
    consumption = Consumption(runs=[Run("Ingest", waits=0)])
    bill = Bill(SCENARIO, consumption, {"Ingest": Measured(init=99.6, invocation=0.4)})
    one_millisecond = 1769 / 1024 / 1000
    assert bill.gb_seconds(cold=0) == pytest.approx(1 * one_millisecond)
    assert bill.gb_seconds(cold=1000) == pytest.approx(100 * one_millisecond)
    assert bill.gb_seconds(cold=10) == pytest.approx((0.99 * 1 + 0.01 * 100) * one_millisecond)


def test_an_aim_may_be_about_events_and_is_told_with_and_without_the_fair_queue() -> None:
    twenty = Webhook("pusher", 0, {}, b"", events=20)
    scenario = replace(SCENARIO, measured=[Batch((twenty,))], aim=1.0, aimed_at="events")
    consumption = Consumption()
    consumption.units.update(
        {Billed(Unit.HTTP_API_REQUESTS, "webhook"): 2, Billed(Unit.SQS_FAIR_QUEUE_REQUESTS, "send"): 10}
    )
    bill = Bill(scenario, consumption, {})
    assert bill.total() == pytest.approx(3.00)
    assert bill.of_the_aim() == pytest.approx(3.00 / 20)
    assert bill.of_the_aim(fair=False) == pytest.approx(2.00 / 20)


def test_what_is_asked_at_once_waits_once_for_sixteen() -> None:
    waits = Waits(SimpleNamespace(get_item=dict))
    waits.get_item()
    assert waits.count == 1
    list(waits.each(lambda number: waits.get_item(Key=number), range(17)))
    assert waits.count == 1 + 2


def test_the_scenarios_are_those_of_the_template() -> None:
    sizes = template.template()["Parameters"]["ConsumerBatchSize"]
    assert (max(sizes["AllowedValues"]), template.batch_size()) == (scenarios.FULL_BATCH, scenarios.USUAL_BATCH)
    assert set(template.schedules()) == {"Members", "Tombstones", "Events"}
