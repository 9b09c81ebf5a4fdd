"""What stands before the endpoints: the edge, the quota and the faults, and what each leaves of a call."""

import random
from dataclasses import dataclass

from cratesync.simulator.answers import (
    Answer,
    Backend,
    Refused,
    bad_token,
    edge_page,
    no_such_resource,
    server_error,
    throttled,
    wrong_method,
)
from cratesync.simulator.call import Call
from cratesync.simulator.covers import SPACER_GIF, SPACER_PATH, Covers
from cratesync.simulator.faults import Fault, Faults, Kind
from cratesync.simulator.headers import READ_METHODS
from cratesync.simulator.quota import Quota, Rate
from cratesync.simulator.routes import Route, route_for
from cratesync.simulator.users import User
from cratesync.simulator.world import Visit, World

IMAGES = "/images/"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with all that its headers and its line in the journal need."""

    answer: Answer
    backend: Backend
    rate: Rate | None = None
    slots: int = 0
    methods: str = READ_METHODS
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that may go on to its endpoint."""

    route: Route | None
    parts: dict[str, str]
    rate: Rate
    slots: int
    fault: Fault | None

    @property
    def backend(self) -> Backend:
        return Backend.LEGACY if self.route is None else self.route.backend

    @property
    def methods(self) -> str:
        return READ_METHODS if self.route is None else self.route.allow_methods


class Gate:
    """Decides what a call meets before any endpoint, in the order in which Discogs does."""

    def __init__(self, world: World, quota: Quota, image_quota: Quota, faults: Faults) -> None:
        self._world = world
        self._config = world.config
        self._quota = quota
        self._image_quota = image_quota
        self._faults = faults
        self._covers = Covers(world.config.seed)
        self._random = random.Random(world.config.seed)

    def admit(self, call: Call) -> Admitted | Reply:
        if call.path.startswith(IMAGES):
            return self._cover(call)
        if not call.headers.get("user-agent"):
            return Reply(edge_page(403, "403 Forbidden"), Backend.EDGE)
        route, parts = route_for(call.path) or (None, {})
        if call.method == "OPTIONS":
            return self._preflight(call, route)
        limit = self._config.limit if call.credentials else self._config.limit_unauthenticated
        fault: Fault | None = None
        if self._quota.used(call.address, call.arrived) < limit:
            paged = route is not None and route.paged
            fault = self._faults.strike(call.path, call.page or (1 if paged else None), paged=paged)
            if fault is not None and fault.kind is Kind.THROTTLED:
                return self._throttle(Rate(limit, limit), 0, fault)
        admission = self._quota.admit(call.address, limit, call.arrived)
        if not admission.accepted:
            return self._throttle(admission.rate, admission.slots)
        return Admitted(route, parts, admission.rate, admission.slots, fault)

    def answer(self, call: Call, admitted: Admitted, body: bytes) -> tuple[Reply, Visit | None]:
        """What the endpoint says, or the fault that stands in for it."""
        fault = admitted.fault
        instead = self._instead(fault)
        visit: Visit | None = None
        if instead is None:
            try:
                visit = self._visit(call, admitted, body)
                answer = self._endpoint(call, admitted, visit)
            except Refused as refusal:
                answer = refusal.answer
            backend = admitted.backend
        else:
            answer, backend = (
                instead,
                Backend.EDGE if instead.content_type != "application/json" else admitted.backend,
            )
        rate = None if backend is Backend.EDGE else admitted.rate
        return Reply(answer, backend, rate, admitted.slots, admitted.methods, fault), visit

    def _visit(self, call: Call, admitted: Admitted, body: bytes) -> Visit:
        return Visit(call, admitted.parts, self._viewer(call), body)

    def _endpoint(self, call: Call, admitted: Admitted, visit: Visit) -> Answer:
        if admitted.route is None:
            raise no_such_resource()
        endpoint = admitted.route.endpoints.get("GET" if call.method == "HEAD" else call.method)
        if endpoint is None:
            raise wrong_method(call.method)
        return endpoint(self._world, visit)

    def _viewer(self, call: Call) -> User | None:
        """Who calls. An unknown token is refused everywhere; an app's key and secret are nobody's."""
        credentials = call.credentials
        if credentials is None or not credentials.personal:
            return None
        user = self._world.users.with_token(credentials.text)
        if user is None:
            raise bad_token()
        return user

    def _instead(self, fault: Fault | None) -> Answer | None:
        match fault.kind if fault else None:
            case Kind.SERVER_ERROR:
                return server_error(f"{self._random.getrandbits(128):032x}")
            case Kind.BAD_GATEWAY:
                return edge_page(502, "502 Bad Gateway")
            case Kind.HTML:
                return edge_page(200, "Just a moment...")
            case Kind.EMPTY:
                return Answer(200)
            case _:
                return None

    def _throttle(self, rate: Rate, slots: int, fault: Fault | None = None) -> Reply:
        newline = self._config.throttle_body == "newline" or (
            self._config.throttle_body == "mixed" and self._random.random() < 0.5
        )
        return Reply(throttled(newline=newline), Backend.EDGE, rate, slots, fault=fault)

    def _preflight(self, call: Call, route: Route | None) -> Reply:
        """A preflight carries no credentials, and is refused only where nothing at all would be answered."""
        limit = self._config.limit
        if not self._config.preflight_counts:
            rate, slots = Rate(limit, self._quota.used(call.address, call.arrived)), 0
        else:
            admission = self._quota.admit(call.address, limit, call.arrived)
            if not admission.accepted:
                return self._throttle(admission.rate, admission.slots)
            rate, slots = admission.rate, admission.slots
        if route is None:
            return Reply(no_such_resource().answer, Backend.LEGACY, rate, slots)
        status = route.preflight_status
        answer = Answer(204) if status == 204 else server_error(f"{self._random.getrandbits(128):032x}")
        return Reply(answer, route.backend, rate, slots, route.allow_methods)

    def _cover(self, call: Call) -> Reply:
        """The image host: a quota of its own, which uses no slot of the API's, and no CORS headers."""
        if not self._image_quota.admit(call.address, self._config.image_limit, call.arrived).accepted:
            return Reply(edge_page(429, "429 Too Many Requests"), Backend.IMAGES)
        if call.method not in ("GET", "HEAD"):
            return Reply(edge_page(405, "405 Not Allowed"), Backend.IMAGES)
        cached = (("Cache-Control", "public, max-age=31536000"),)
        if call.path == SPACER_PATH:
            return Reply(Answer(200, SPACER_GIF, "image/gif", cached), Backend.IMAGES)
        picture = self._covers.picture(call.path)
        if picture is None:
            return Reply(edge_page(403, "403 Forbidden"), Backend.IMAGES)
        return Reply(Answer(200, picture, "image/svg+xml", cached), Backend.IMAGES)
