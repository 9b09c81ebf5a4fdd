"""Print docs/explanation/states.md: the states of syncs and requests, drawn from the engine's own tables.

python docs/draw_states.py > docs/explanation/states.md
"""
# ruff: noqa: INP001 (a script, no package)

import sys
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum

from cratesync.engine.requests import REQUEST_MOVES, RequestStatus
from cratesync.engine.sync import ENDED, SYNC_MOVES, SyncStatus

_TEXT = """\
# The states of a sync and of a request

Every legal move stands in a table: `SYNC_MOVES` in `src/cratesync/engine/sync.py`, `REQUEST_MOVES` in
`src/cratesync/engine/requests.py`. `docs/draw_states.py` draws this page from them, and a test compares.

## A sync

{sync}

`paused` is stored only where the user paused it. While no client is connected, or the quota is spent, a sync is shown as
paused with that reason, and is stored as what it was. Answers that arrive during a pause are applied, and the last of them may
be the end. A retry goes on with the requests that failed.

## A request

{request}

A good answer of any attempt completes a request, even where it was given back meanwhile; a failure counts only if it is the
newest attempt's. `give_back` counts no failure: the socket was lost, or the call was turned away. `spend` ends a request that
failed too often or will never work; `abandon` ends what is left over when its sync ends; `revive` is the sync's retry.
"""


def draw(
    moves: Mapping[StrEnum, Mapping[StrEnum, StrEnum]], *, start: StrEnum, ends: frozenset[StrEnum]
) -> str:
    """A state diagram in Mermaid's words, with one arrow for all the moves between the same two states."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for move, steps in moves.items():
        for before, after in steps.items():
            arrows[before.value, after.value].append(move.value)
    lines = [f"[*] --> {start.value}"]
    lines += [f"{before} --> {after}: {', '.join(names)}" for (before, after), names in arrows.items()]
    lines += [f"{end.value} --> [*]" for end in type(start) if end in ends]
    return "\n".join(("```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"))


def page() -> str:
    """The whole page."""
    return _TEXT.format(
        sync=draw(SYNC_MOVES, start=SyncStatus.INITIATED, ends=ENDED),
        request=draw(
            REQUEST_MOVES,
            start=RequestStatus.PENDING,
            ends=frozenset({RequestStatus.COMPLETED, RequestStatus.FAILED}),
        ),
    )


if __name__ == "__main__":
    sys.stdout.write(page())
