"""What a check has to say, redacted. Pure. The text for a person is made of the same report."""

from statistics import median
from typing import Literal

from msgspec import Struct

from cratesync.client.discogs_check.calls import CALLS_MAX
from cratesync.client.discogs_check.expectations import judge
from cratesync.client.discogs_check.findings import Outcome, Seen
from cratesync.client.discogs_check.looks import used_steps
from cratesync.client.discogs_check.observations import Observation
from cratesync.client.discogs_check.redaction import Redaction
from cratesync.client.discogs_check.shapes import Kind

EndCode = Literal["complete", "token_refused", "not_reached", "throttled", "failed", "interrupted"]


class Ending(Struct, frozen=True):
    """Why nothing more was asked, and the command's exit code."""

    code: EndCode
    sentence: str
    exit_code: int


class Judgement(Struct, frozen=True, rename="camel"):
    """One expectation. `fact` is a number in docs/reference/discogs.md."""

    id: str
    sentence: str
    fact: str
    outcome: Outcome
    seen: str


class CallMade(Struct, frozen=True, rename="camel"):
    """One call. `shape` says for each place of a JSON body how often which kind stood there."""

    name: str
    call: str
    origin: bool
    status: int
    milliseconds: int
    wire_bytes: int
    body_bytes: int
    body: str
    message: str | None
    headers: dict[str, str]
    header_names: list[str]
    shape: dict[str, dict[Kind, int]]


class Growth(Struct, frozen=True, rename="camel"):
    """How `Used` went: the number of each answer, and what it grew by from call to call."""

    used: list[int | None]
    plain: list[int]
    over_preflight: list[int]
    verdict: str


class Latency(Struct, frozen=True, rename="camel"):
    """Milliseconds a call, its body included. The first one sets the connection up."""

    minimum: int
    median: int
    maximum: int


class Report(Struct, frozen=True, rename="camel"):
    """What `check-discogs --json` prints."""

    made_at: str
    version: str
    live: bool
    ending: EndCode
    message: str
    calls_made: int
    calls_max: int
    seconds: float
    outcomes: dict[str, int]
    expectations: list[Judgement]
    calls: list[CallMade]
    quota: Growth
    latency: Latency | None


class Circumstances(Struct, frozen=True):
    """When and where, and whether at the real thing."""

    made_at: str
    version: str
    live: bool
    seconds: float


def report_of(
    seen: Seen, circumstances: Circumstances, ending: Ending, *, calls_made: int, redaction: Redaction
) -> Report:
    """Everything that Discogs said goes through the redaction here, and nowhere past it."""
    judgements = [
        Judgement(
            id=expectation.id,
            sentence=expectation.sentence,
            fact=expectation.fact,
            outcome=found.outcome,
            seen=redaction.scrub(found.seen),
        )
        for expectation, found in judge(seen)
    ]
    outcomes: dict[str, int] = {"as_expected": 0, "different": 0, "not_seen": 0}
    for judgement in judgements:
        outcomes[judgement.outcome] += 1
    grown = used_steps(seen)
    return Report(
        made_at=circumstances.made_at,
        version=circumstances.version,
        live=circumstances.live,
        ending=ending.code,
        message=ending.sentence,
        calls_made=calls_made,
        calls_max=CALLS_MAX,
        seconds=round(circumstances.seconds, 1),
        outcomes=outcomes,
        expectations=judgements,
        calls=[_call(observation, redaction) for observation in seen.all],
        quota=Growth(
            used=[observation.rate.used for observation in seen.all],
            plain=list(grown.plain),
            over_preflight=list(grown.over_preflight),
            verdict=grown.verdict,
        ),
        latency=_latency(seen),
    )


def _call(o: Observation, redaction: Redaction) -> CallMade:
    return CallMade(
        name=o.ask.name,
        call=o.ask.shown,
        origin=o.ask.origin,
        status=o.status,
        milliseconds=round(o.seconds * 1000),
        wire_bytes=o.wire_bytes,
        body_bytes=o.body_bytes,
        body=o.body,
        message=None if o.message is None else redaction.scrub(o.message),
        headers={name: redaction.scrub(value) for name, value in o.headers.items()},
        header_names=[redaction.scrub(name) for name in o.header_names],
        shape={redaction.scrub(place): kinds for place, kinds in o.shape.places.items() if place},
    )


def _latency(seen: Seen) -> Latency | None:
    times = [round(observation.seconds * 1000) for observation in seen.all]
    return Latency(min(times), round(median(times)), max(times)) if times else None
