"""Every expectation can fail: for each a deviation is planted, and exactly that is found."""

import pytest

from cratesync.client.discogs_check.expectations import EXPECTATIONS
from integration.client.checking import check
from integration.client.deviating import DeviatingDiscogs

PLANTED = {}


def planted(expectation, **config):
    """The deviation that only this expectation notices."""

    def plant(deviate):
        assert expectation not in PLANTED
        PLANTED[expectation] = (deviate, config)
        return deviate

    return plant


def plant_option(expectation, **config):
    planted(expectation, **config)(lambda _: None)


def at(answered, path, **query):
    return answered.path.endswith(path) and all(answered.query.get(k) == v for k, v in query.items())


def oldest(answered, path="/folders/0/releases"):
    return at(answered, path, sort_order="asc")


# --- answers and headers ------------------------------------------------------------------------------------------------


@planted("answers")
def _(answered):
    if at(answered, "/wants"):
        answered.status, answered.body = 502, b"<html>Bad gateway</html>"
        answered["Content-Type"], answered["Content-Encoding"] = "text/html", None


@planted("content-type")
def _(answered):
    if at(answered, "/value"):
        answered["Content-Type"] = "text/html"


@planted("cloudflare")
def _(answered):
    if at(answered, "/identity"):
        answered["Server"] = "nginx"


plant_option("gzip", compress=False)


# --- the quota ----------------------------------------------------------------------------------------------------------


@planted("rate-headers")
def _(answered):
    if at(answered, "/value"):
        answered["x-discogs-ratelimit-remaining"] = None


plant_option("rate-limit", limit=55)


@planted("rate-remaining")
def _(answered):
    if at(answered, "/value"):
        answered["x-discogs-ratelimit-remaining"] = "0"


@planted("rate-steps")
def _(answered):
    if at(answered, "/wants", sort_order="asc"):
        answered["x-discogs-ratelimit-used"], answered["x-discogs-ratelimit-remaining"] = "0", "60"


@planted("rate-made-up-token")
def _(answered):
    if answered.status == 401:
        used = int(answered.headers["x-discogs-ratelimit-used"])
        answered["x-discogs-ratelimit"], answered["x-discogs-ratelimit-remaining"] = "25", str(25 - used)


@planted("no-retry-after")
def _(answered):
    if answered.status == 422:
        answered["Retry-After"] = "60"


# --- pages of other origins ---------------------------------------------------------------------------------------------

plant_option("preflight-cost", preflight_counts=False)


@planted("preflight-status")
def _(answered):
    if answered.method == "OPTIONS":
        answered.status = 200


@planted("preflight-headers")
def _(answered):
    if answered.method == "OPTIONS":
        answered["Access-Control-Allow-Headers"] = "Content-Type"


@planted("preflight-methods")
def _(answered):
    if answered.method == "OPTIONS":
        answered["Access-Control-Allow-Methods"] = "POST, PUT"


@planted("preflight-max-age")
def _(answered):
    if answered.method == "OPTIONS":
        answered["Access-Control-Max-Age"] = "600"


@planted("cors-older-backend")
def _(answered):
    if "origin" not in answered.asked:
        answered["Access-Control-Allow-Origin"] = None


@planted("cors-newer-backend")
def _(answered):
    answered["Access-Control-Allow-Origin"] = "*"


@planted("cors-origin")
def _(answered):
    if at(answered, "/fields") and answered.method == "GET":
        answered["Access-Control-Allow-Origin"] = "https://www.discogs.com"


@planted("cors-exposed")
def _(answered):
    if at(answered, "/fields"):
        answered["Access-Control-Expose-Headers"] = "Location, X-Discogs-Ratelimit-Remaining"


@planted("cors-refusals")
def _(answered):
    if answered.status == 404:
        answered["Access-Control-Allow-Origin"] = None


# --- refusals -----------------------------------------------------------------------------------------------------------


@planted("made-up-token")
def _(answered):
    if answered.made_up_token and at(answered, "/identity"):
        answered.change(lambda body: body.update(message="No."))


@planted("made-up-token-folders")
def _(answered):
    if answered.made_up_token and at(answered, "/collection/folders"):
        answered.status = 403


@planted("unknown-user")
def _(answered):
    if "no-such-user" in answered.path:
        answered.change(lambda body: body.update(message="Who?"))


@planted("page-beyond")
def _(answered):
    if answered.query.get("page", "1") != "1":
        answered.status = 200
        answered.change(lambda body: body.update(releases=[]))


@planted("unknown-sort")
def _(answered):
    if answered.status == 422:
        answered.status = 400


@planted("unknown-sort-keys")
def _(answered):
    if answered.status == 422:
        answered.change(lambda body: body.pop("detail"))


# --- pages --------------------------------------------------------------------------------------------------------------


def pagination(**fields):
    return lambda body: body["pagination"].update(fields)


@planted("per-page-over-100")
def _(answered):
    if at(answered, "/releases", per_page="250"):
        answered.change(pagination(per_page=250))


@planted("per-page-negative")
def _(answered):
    if at(answered, "/releases", per_page="-1"):
        answered.change(pagination(per_page=50))


@planted("per-page-zero")
def _(answered):
    if at(answered, "/releases", per_page="0"):
        answered.status = 422


@planted("pagination")
def _(answered):
    if oldest(answered):
        answered.change(pagination(items="104"))


@planted("pagination-more")
def _(answered):
    if oldest(answered):
        answered.change(pagination(cursor="abc"))


@planted("pagination-urls")
def _(answered):
    if oldest(answered):
        answered.change(lambda body: body["pagination"]["urls"].pop("last"))


@planted("pagination-echo")
def _(answered):
    if oldest(answered):
        answered.change(
            lambda body: body["pagination"].update(
                urls={name: url.replace("sort=", "s=") for name, url in body["pagination"]["urls"].items()}
            )
        )


plant_option("pagination-host", public_url="https://elsewhere.example")


@planted("page-size")
def _(answered):
    if oldest(answered):
        answered.change(lambda body: body.update(releases=body["releases"][:50]))


# --- the collection -----------------------------------------------------------------------------------------------------


@planted("identity")
def _(answered):
    if at(answered, "/identity") and answered.status == 200:
        answered.change(lambda body: body.pop("consumer_name"))


@planted("folders")
def _(answered):
    if at(answered, "/folders") and answered.status == 200:
        answered.change(lambda body: body["folders"][1].pop("count"))


@planted("folders-order")
def _(answered):
    if at(answered, "/folders") and answered.status == 200:
        answered.change(lambda body: body["folders"].reverse())


@planted("fields")
def _(answered):
    if at(answered, "/fields") and answered.body:
        answered.change(lambda body: body["fields"][0].update(position="1"))


@planted("value")
def _(answered):
    if at(answered, "/value") and answered.body:
        answered.change(lambda body: body.update(median=71.2))


@planted("items-oldest")
def _(answered):
    if oldest(answered):
        answered.change(lambda body: body["releases"].reverse())


@planted("items-newest")
def _(answered):
    if at(answered, "/folders/0/releases", sort_order="desc"):
        answered.change(lambda body: body["releases"].reverse())


@planted("items-unsorted")
def _(answered):
    if at(answered, "/releases", per_page="250"):
        answered.change(lambda body: body["releases"].reverse())


def record(key, place, **fields):
    """Change one record of a page."""
    return lambda body: body[key][place].update(fields)


@planted("item-keys")
def _(answered):
    if oldest(answered):
        answered.change(lambda body: body["releases"][7]["basic_information"].update(year="1997"))


@planted("item-more")
def _(answered):
    if oldest(answered):
        answered.change(record("releases", 7, barcode="0"))


@planted("item-ids")
def _(answered):
    if oldest(answered):
        answered.change(
            lambda body: body["releases"][8].update(instance_id=body["releases"][7]["instance_id"])
        )


@planted("item-ratings")
def _(answered):
    if oldest(answered):
        answered.change(record("releases", 7, rating=6))


@planted("item-dates")
def _(answered):
    if oldest(answered):
        answered.change(
            lambda body: [
                one.update(date_added=one["date_added"][:-6] + "+00:00") for one in body["releases"]
            ]
        )


@planted("copies")
def _(answered):
    if "/collection/releases/" in answered.path:
        answered.change(record("releases", 0, id=1))


# --- the wantlist -------------------------------------------------------------------------------------------------------

plant_option("wants-sort", wants_sort="refused")


@planted("wants-oldest")
def _(answered):
    if oldest(answered, "/wants"):
        answered.change(lambda body: body["wants"].reverse())


@planted("wants-newest")
def _(answered):
    if at(answered, "/wants", sort_order="desc"):
        answered.change(lambda body: body["wants"].reverse())


@planted("want-keys")
def _(answered):
    if oldest(answered, "/wants"):
        answered.change(record("wants", 7, notes=None))


@planted("want-more")
def _(answered):
    if oldest(answered, "/wants"):
        answered.change(record("wants", 7, priority=1))


@planted("want-ids")
def _(answered):
    if oldest(answered, "/wants"):
        answered.change(lambda body: body["wants"][8].update(id=body["wants"][7]["id"]))


# --- the test -----------------------------------------------------------------------------------------------------------


def test_for_every_expectation_something_is_planted():
    assert set(PLANTED) == {expectation.id for expectation in EXPECTATIONS}


@pytest.mark.parametrize("expectation", PLANTED)
async def test_exactly_the_planted_deviation_is_found(expectation, capsys):
    deviate, config = PLANTED[expectation]
    async with DeviatingDiscogs(deviate, **config).serving() as url:
        checked = await check(url, capsys=capsys)

    assert checked.differences == {expectation}
    assert checked.exit_code == 0


async def test_a_wantlist_that_takes_no_sort_is_read_without_one(capsys):
    async with DeviatingDiscogs(wants_sort="refused").serving() as url:
        checked = await check(url, capsys=capsys)

    assert checked.not_seen == {"wants-oldest", "wants-newest"}
    assert "wants-unsorted" in {call["name"] for call in checked.report["calls"]}
    assert checked.report["callsMade"] == 20


async def test_a_discogs_that_ignores_the_sort_of_wants_is_found_in_both_orders(capsys):
    async with DeviatingDiscogs(wants_sort="ignored").serving() as url:
        checked = await check(url, capsys=capsys)

    assert checked.differences == {"wants-oldest", "wants-newest"}
