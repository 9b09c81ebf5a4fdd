"""What it means when a client saw no HTTP answer: the same for every provider, since these are the clients' own words."""

import re

from cratesync.engine.outcomes import Outcome, Refused, Throttled, Transient

_REFUSAL = re.compile(r"refused_[a-z0-9_]{1,40}", re.ASCII)


def unanswered(error: str | None, provider: str) -> Outcome:
    """The outcome of status 0 with an `error` of the form `code: sentence`, which is somebody's word and never repeated."""
    code = (error or "").partition(":")[0].strip()
    if code == "network":
        # A 429 without CORS headers looks like this in a browser.
        return Throttled(heard=False)
    if code == "timeout":
        return Transient("timeout", f"{provider} did not answer in time.")
    if code == "oversize":
        return Refused("oversize", "The answer is larger than a client may pass on.")
    if code == "refused_expired":
        # A machine that slept, or a queue that was long: the next one is fresh.
        return Transient("expired", "The request reached its client too late to be made.")
    if code.startswith("refused"):
        known = code if _REFUSAL.fullmatch(code) else "refused"
        return Refused(known, f"The client's guard refused to make this call ({known}).")
    return Transient("client_error", "The client could not make the call, and did not say why.")
