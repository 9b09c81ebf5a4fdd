"""A check from its first call to its last: asks the plan, keeps what was observed, and says why it ended."""

from collections.abc import Callable

from cratesync.client.discogs_check.asks import PLAN, Ask
from cratesync.client.discogs_check.bodies import Subject, body_of, number_in, subject_in, text_in
from cratesync.client.discogs_check.calls import THROTTLED, CallRefusedError, Calls, NoAnswerError
from cratesync.client.discogs_check.findings import Seen
from cratesync.client.discogs_check.observations import UNPROCESSABLE, Observation, observe
from cratesync.client.discogs_check.redaction import Redaction
from cratesync.client.discogs_check.report import Ending
from cratesync.client.errors import FAILED, NOT_REACHED, SIGN_IN_REFUSED
from cratesync.client.secret import Secret

_UNAUTHORIZED = 401


class Check:
    """What was observed is there at any time, so that an interrupted check still has a report."""

    def __init__(
        self, calls: Calls, *, base_url: str, token: Secret, watch: Callable[[Observation], None]
    ) -> None:
        self._calls = calls
        self._base_url = base_url
        self._token = token
        self._watch = watch
        self._observations: list[Observation] = []
        self._username: str | None = None
        self._user_id: int | None = None
        self._subject: Subject | None = None

    @property
    def seen(self) -> Seen:
        """What was observed so far."""
        return Seen(self._observations)

    def redaction(self) -> Redaction:
        """What of this user must not be told."""
        ids = [
            self._user_id,
            *((self._subject.release_id, self._subject.instance_id) if self._subject else ()),
        ]
        return Redaction(
            secrets=[self._token.reveal()],
            username=self._username,
            numbers=[number for number in ids if number is not None],
        )

    async def run(self) -> Ending:
        """Ask everything that can be asked."""
        for ask in PLAN:
            if ask.wants_sort_refused not in {None, self._wants_sort_refused}:
                continue
            target = ask.target(self._username, self._subject.release_id if self._subject else None)
            if target is None:
                continue
            try:
                ending = await self._ask(ask, target)
            except NoAnswerError as fault:
                if self._observations:
                    return Ending("failed", fault.sentence, FAILED)
                return Ending("not_reached", f"Discogs could not be reached. {fault.sentence}", NOT_REACHED)
            except CallRefusedError as fault:
                return Ending("failed", fault.sentence, FAILED)
            if ending is not None:
                return ending
        return Ending("complete", "Everything was asked.", 0)

    @property
    def _wants_sort_refused(self) -> bool:
        wants = self.seen.named("wants-oldest")
        return wants is not None and wants.status == UNPROCESSABLE

    async def _ask(self, ask: Ask, target: str) -> Ending | None:
        answer = await self._calls.make(ask, target)
        body = body_of(answer.body)
        subject = self._subject if "RELEASE" in ask.path else None
        observation = observe(ask, answer, body, base_url=self._base_url, subject=subject)
        self._observations.append(observation)
        self._watch(observation)
        if answer.status == THROTTLED:
            return Ending(
                "throttled", "Discogs said 429: the quota is used up. Nothing more was asked.", FAILED
            )
        if ask.path == "/oauth/identity" and self._username is None:
            self._username, self._user_id = text_in(body, "username"), number_in(body.json, "id")
            return _no_identity(observation, self._username)
        if self._subject is None and observation.good:
            self._subject = subject_in(body)
        return None


def _no_identity(observation: Observation, username: str | None) -> Ending | None:
    if observation.status == _UNAUTHORIZED:
        return Ending("token_refused", "Discogs does not accept this token (401).", SIGN_IN_REFUSED)
    if not observation.good or not username:
        sentence = f"Discogs did not say whose token it is (answered {observation.status})."
        return Ending("failed", sentence, FAILED)
    return None
