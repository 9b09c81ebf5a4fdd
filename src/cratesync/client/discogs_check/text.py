"""A report for a person: Markdown that can be pasted into an issue. Pure."""

from collections.abc import Iterable

from cratesync.client.discogs_check.findings import Outcome
from cratesync.client.discogs_check.report import CallMade, Judgement, Report

_VALUES_MAX = 6
_FACTS = "docs/reference/discogs.md"
_BODIES = {"broken_json": "broken JSON", "unread": "not read", "page": "no JSON"}


def text_of(report: Report) -> str:
    """The whole report."""
    parts = [_head(report)]
    if report.calls:
        parts += [f"## {title}\n\n{_judgements(found)}" for title, found in _by_outcome(report) if found]
        parts += [
            f"## Calls\n\n{_calls(report)}",
            f"## Quota\n\n{_quota(report)}",
            f"## Headers\n\n{_headers(report)}",
        ]
        parts += [
            f"## Keys of `{call.name}`\n\n{_keys(call)}" for call in report.calls if call.name in _SHOWN_KEYS
        ]
    return "\n\n".join(parts) + "\n"


_TITLES: dict[Outcome, str] = {
    "different": "Different from the simulator",
    "not_seen": "Not seen",
    "as_expected": "As expected",
}
_SHOWN_KEYS = frozenset({"items-oldest", "wants-oldest", "wants-unsorted", "unknown-sort"})


def _head(report: Report) -> str:
    asked = (
        "the live API, https://api.discogs.com"
        if report.live
        else "**not the live API**: CRATESYNC_DISCOGS_URL names another address, so every figure here is that of a simulator or a proxy"
    )
    counts = report.outcomes
    return "\n".join(
        (
            "# What Discogs' API did",
            "",
            f"- Asked: {asked}",
            f"- When: {report.made_at}, by Cratesync {report.version}",
            f"- Calls: {report.calls_made} of at most {report.calls_max}, in {report.seconds:g} s",
            f"- End: {report.message}",
            f"- Expectations: {counts['different']} different, {counts['as_expected']} as expected, {counts['not_seen']} not seen",
            "",
            f"Facts are numbered as in {_FACTS}. Tokens, names, ids, addresses and records are left out.",
        )
    )


def _by_outcome(report: Report) -> Iterable[tuple[str, list[Judgement]]]:
    for outcome, title in _TITLES.items():
        yield title, [judgement for judgement in report.expectations if judgement.outcome == outcome]


def _judgements(found: Iterable[Judgement]) -> str:
    rows = [(f"`{one.id}`", one.sentence, one.fact, one.seen) for one in found]
    return _table(("Expectation", "What was expected", "Fact", "What was seen"), rows)


def _calls(report: Report) -> str:
    rows = [
        (
            str(number),
            f"`{call.name}`",
            f"`{call.call}`" + (" with `Origin`" if call.origin else ""),
            str(call.status),
            _body(call),
            f"{call.milliseconds}",
            "" if used is None else str(used),
        )
        for number, (call, used) in enumerate(zip(report.calls, report.quota.used, strict=True), 1)
    ]
    table = _table(("", "Name", "Call", "Status", "Body", "ms", "Used"), rows)
    if report.latency is None:
        return table
    latency = report.latency
    return f"{table}\n\nA call took {latency.median} ms in the median, from {latency.minimum} to {latency.maximum} ms."


def _body(call: CallMade) -> str:
    kind = _BODIES.get(call.body, call.body)
    if not call.body_bytes:
        return kind
    packed = f", {call.wire_bytes:,} on the way" if call.wire_bytes != call.body_bytes else ""
    return f"{kind}, {call.body_bytes:,} bytes{packed}"


def _quota(report: Report) -> str:
    quota = report.quota
    used = " ".join(
        ("?" if used is None else str(used)) + ("p" if call.call.startswith("OPTIONS") else "")
        for call, used in zip(report.calls, quota.used, strict=True)
    )
    return "\n".join(
        (
            f"- `Used`, answer by answer (p: a preflight): {used}",
            f"- It grew from call to call by: {_numbers(quota.plain)}",
            f"- With a preflight in between by: {_numbers(quota.over_preflight)}",
            f"- Whether a preflight counts: {_VERDICTS[quota.verdict]}",
        )
    )


_VERDICTS = {
    "counts": "it does, as far as these numbers show",
    "free": "it does not, as far as these numbers show",
    "unclear": "these numbers allow no verdict",
    "not_seen": "not seen",
}


def _numbers(found: list[int]) -> str:
    return " ".join(map(str, found)) or "not seen"


def _headers(report: Report) -> str:
    """Each name as it was spelled, with how often it came and the values of those that are shown."""
    counts: dict[str, int] = {}
    values: dict[str, dict[str, None]] = {}
    for call in report.calls:
        for name in call.header_names:
            counts[name] = counts.get(name, 0) + 1
            if name.lower() in call.headers:
                values.setdefault(name, {})[call.headers[name.lower()]] = None
    rows = [
        (f"`{name}`", str(counts[name]), _few(list(values.get(name, ()))))
        for name in sorted(counts, key=str.lower)
    ]
    return _table(("Header", "Answers", "Values"), rows)


def _few(values: list[str]) -> str:
    more = len(values) - _VALUES_MAX
    return " · ".join(values[:_VALUES_MAX]) + (f" · {more} more" if more > 0 else "")


def _keys(call: CallMade) -> str:
    rows = [
        (f"`{place}`", ", ".join(f"{kind} {count:,}" for kind, count in kinds.items()))
        for place, kinds in call.shape.items()
    ]
    return _table(("Key", "How often"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
