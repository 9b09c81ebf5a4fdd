"""What a mirror promises is kept by the server's own rooms on both databases, whatever happens in whatever order.

`make soak` lives through many more histories than these.
"""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from unit.engine.examples import examples

STEPS = 12


@pytest.mark.parametrize("kind", ["collection", "wantlist"])
def test_a_mirror_keeps_its_promises(new_history, kind):
    run_state_machine_as_test(
        lambda: new_history(kind), settings=settings(examples(30), stateful_step_count=STEPS)
    )
