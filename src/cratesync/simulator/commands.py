"""`cratesync simulate`."""

import asyncio
import re
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import get_args

import click

from cratesync.simulator.app import Simulator
from cratesync.simulator.config import SimulatorConfig, ThrottleBody, WantsSort
from cratesync.simulator.faults import Fault, Kind, parse_fault

_SIZES = re.compile(r"(\d+)(?::(\d+))?")


class FaultOption(click.ParamType[Fault]):
    name = "KIND:RATE"

    def convert(self, value: str | Fault, param: click.Parameter | None, ctx: click.Context | None) -> Fault:
        if isinstance(value, Fault):
            return value
        try:
            return parse_fault(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8099, show_default=True, type=click.IntRange(0, 65535), help="0 chooses a free one."
)
@click.option(
    "users",
    "--user",
    multiple=True,
    metavar="NAME:TOKEN:ITEMS[:WANTS]",
    help="A user with an invented collection, or NAME:TOKEN:PATH with a recorded one. Repeatable.",
)
@click.option(
    "--limit",
    default=60,
    show_default=True,
    type=click.IntRange(min=1),
    help="Calls a window, authenticated.",
)
@click.option(
    "--window",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds of the window.",
)
@click.option(
    "--image-limit", default=40, show_default=True, type=click.IntRange(min=1), help="Covers a window."
)
@click.option(
    "--latency-ms",
    default=0.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Wait before an answer.",
)
@click.option(
    "--jitter",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the latency that varies.",
)
@click.option(
    "--seed", default=1, show_default=True, type=int, help="Another seed invents other collections."
)
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="Append a JSON line a call.")
@click.option(
    "faults", "--fault", multiple=True, type=FaultOption(), help=f"Repeatable. Kinds: {', '.join(Kind)}."
)
@click.option(
    "--preflight-counts/--no-preflight-counts",
    default=True,
    show_default=True,
    help="Whether an OPTIONS uses a slot.",
)
@click.option(
    "--rejected-counts/--no-rejected-counts",
    default=False,
    show_default=True,
    help="Whether a 429 uses a slot.",
)
@click.option(
    "--wants-sort",
    default="honoured",
    show_default=True,
    type=click.Choice(get_args(WantsSort)),
    help="What becomes of a sort on wants.",
)
@click.option(
    "--throttle-body",
    default="mixed",
    show_default=True,
    type=click.Choice(get_args(ThrottleBody)),
    help="Body of a 429.",
)
@click.option(
    "--compress/--no-compress", default=True, show_default=True, help="Whether to gzip for who accepts it."
)
@click.option("--public-url", help="What URLs in answers begin with, if not the address called.")
def simulate(
    host: str,
    port: int,
    users: tuple[str, ...],
    limit: int,
    window: float,
    image_limit: int,
    latency_ms: float,
    jitter: float,
    seed: int,
    journal: Path | None,
    faults: tuple[Fault, ...],
    preflight_counts: bool,  # noqa: FBT001 - click hands it in by name
    rejected_counts: bool,  # noqa: FBT001 - same
    wants_sort: WantsSort,
    throttle_body: ThrottleBody,
    compress: bool,  # noqa: FBT001 - same
    public_url: str | None,
) -> None:
    """Be a Discogs for tests and demos, with users that are invented or recorded.

    \b
    cratesync simulate --user ada:secret:3000:120 --fault 500:0.02
    curl -H 'Authorization: Discogs token=secret' http://127.0.0.1:8099/oauth/identity
    """
    config = SimulatorConfig(
        seed=seed,
        limit=limit,
        window_seconds=window,
        image_limit=image_limit,
        preflight_counts=preflight_counts,
        rejected_counts=rejected_counts,
        latency_ms=latency_ms,
        jitter=jitter,
        wants_sort=wants_sort,
        throttle_body=throttle_body,
        compress=compress,
        public_url=public_url.rstrip("/") if public_url else None,
        journal=journal,
        faults=faults,
    )
    try:
        simulator = Simulator(config)
    except OSError as error:
        raise click.ClickException(f"The journal cannot be written: {error}") from None
    with closing(simulator):
        for text in users:
            try:
                _add(simulator, text)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--user") from None
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(_serve(simulator, host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host}:{port}: {error.strerror or error}."
            ) from None


def _add(simulator: Simulator, text: str) -> None:
    """Raises ValueError with a sentence where the text describes no user."""
    name, _, rest = text.partition(":")
    token, _, what = rest.partition(":")
    if not name or not token or not what:
        raise ValueError(
            f"{_redacted(text)!r} is no user; say NAME:TOKEN:ITEMS, NAME:TOKEN:ITEMS:WANTS or NAME:TOKEN:PATH."
        )
    sizes = _SIZES.fullmatch(what)
    if sizes:
        simulator.add_user(name, token, int(sizes[1]), int(sizes[2] or 0))
    else:
        simulator.load_user(name, token, Path(what))


def _redacted(text: str) -> str:
    """A token belongs into no terminal's history of errors."""
    name, *rest = text.split(":")
    return ":".join([name, *("…" for _ in rest[:1]), *rest[1:]])


async def _serve(simulator: Simulator, host: str, port: int) -> None:
    stop = asyncio.Event()
    _on_signal(stop.set)
    async with simulator.serving(host, port) as base_url:
        click.echo(f"Discogs is simulated on {base_url}")
        for user in simulator.users:
            click.echo(f"  {user.name}: {len(user.collection)} items, {len(user.wantlist)} wants")
        await stop.wait()


def _on_signal(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows has no signal handlers in its loops.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one; it is not made for Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
