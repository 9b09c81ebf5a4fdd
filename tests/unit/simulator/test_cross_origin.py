import pytest

PAGE = {"Origin": "https://page.test"}
LEGACY = "/oauth/identity"
MIGRATED = "/users/ada/collection/folders/0/releases"


async def test_the_old_backend_always_allows_pages_and_the_new_one_when_asked(ada):
    assert (await ada.get(LEGACY)).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await ada.get(MIGRATED)).headers
    assert (await ada.get(MIGRATED, headers=PAGE)).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", [LEGACY, MIGRATED])
async def test_no_page_can_read_the_rate(ada, path):
    answer = await ada.get(path, headers=PAGE)

    assert answer.headers["access-control-expose-headers"] == "Location"
    assert "x-discogs-ratelimit" in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (LEGACY, "HEAD,OPTIONS,GET,OPTIONS"),
        ("/users/ada", "HEAD,OPTIONS,GET,OPTIONS,PATCH,POST"),
        (MIGRATED, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("/releases/5/rating/ada", "HEAD,OPTIONS,DELETE,GET,OPTIONS,PUT"),
    ],
)
async def test_a_preflight_allows_what_was_recorded(stranger, path, methods):
    answer = await stranger.options(path, headers=PAGE | {"Access-Control-Request-Headers": "authorization"})

    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["access-control-allow-methods"] == methods
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-max-age" not in answer.headers


async def test_no_page_can_sign_in_by_oauth(stranger):
    answer = await stranger.options("/oauth/access_token", headers=PAGE)

    assert answer.status_code == 500
    assert answer.headers["access-control-allow-methods"] == "HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/users/nobody/wants", "/users/ada/collection/value", MIGRATED + "?sort=x"])
async def test_a_page_can_read_ordinary_refusals(stranger, path):
    answer = await stranger.get(path, headers=PAGE)

    assert answer.status_code in (403, 404, 422)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_unknown_path_has_no_preflight(stranger):
    assert (await stranger.options("/nowhere", headers=PAGE)).status_code == 404
