"""Which outcome each kind of answer is."""

import json

import pytest

from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    IdentityRead,
    LookupRead,
    OrderRefused,
    PageRead,
    Refused,
    SideRead,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.provider import Answer
from cratesync.engine.records import CustomField, CustomFields, Folder, Folders, Value
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Side
from unit.providers.discogs_answers import (
    DISCOGS,
    EVERY_TASK,
    FIRST_PAGE,
    FOLDERS,
    LATER_PAGE,
    LOOKUP,
    encoded,
    page_with,
    read,
    read_page,
    read_wants,
    sent,
)

HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
CANARY = "canary <script>"


def message(text):
    return {"message": text}


def code_of(outcome):
    assert isinstance(outcome, Transient | Refused), outcome
    assert outcome.sentence.endswith(".")
    return outcome.code


# --- good answers -----------------------------------------------------------------------------------------------------


def test_identity_names_the_account():
    assert read(Identity(), sent("identity"), account=None) == IdentityRead("Shelf.Keeper", 8000042)


@pytest.mark.parametrize("account_id", [None, -1, "x", True, 2**63, [1]])
def test_an_identity_without_a_usable_id_is_still_one(account_id):
    assert read(Identity(), {"username": "x", "id": account_id}) == IdentityRead("x", None)


def test_folders_are_read_in_the_order_sent_with_names_that_repeat():
    assert read(FOLDERS, sent("folders")) == SideRead(
        Folders(
            (
                Folder(0, "All", 3),
                Folder(77, "Twins", 1),
                Folder(78, "Twins", 0),
                Folder(1, "Uncategorized", 2),
            )
        )
    )


def test_custom_fields_are_read_with_their_choices_or_lines():
    assert read(Side("fields"), sent("fields")) == SideRead(
        CustomFields(
            (
                CustomField(
                    1,
                    "Media Condition",
                    "dropdown",
                    position=1,
                    public=True,
                    options=("Mint (M)", "Near Mint (NM or M-)", "Poor (P)"),
                ),
                CustomField(3, "Notes", "textarea", position=3, public=False, lines=3),
            )
        )
    )


def test_the_value_is_read_as_text():
    assert read(Side("value"), sent("value")) == SideRead(Value("€50.30", "€71.10", "€101.90"))
    assert read(Side("value"), {"median": None}) == SideRead(Value(None, None, None))


def test_a_page_says_how_many_there_are():
    outcome = read_page(sent("collection_page"))
    assert isinstance(outcome, PageRead)
    assert (outcome.number, outcome.pages, outcome.items, outcome.order_shown) == (1, 2, 103, True)
    assert [item.key for item in outcome.records] == [3000000001, 3000000002, 3000000003]


def test_an_empty_list_is_one_page_of_nothing():
    body = {"pagination": {"page": 1, "pages": 1, "per_page": 100, "items": 0, "urls": {}}, "wants": []}
    assert read_wants(body) == PageRead(number=1, pages=1, items=0, records=(), order_shown=True)


# --- lookups ----------------------------------------------------------------------------------------------------------


def copies(*items, pages=1, total=None):
    total = len(items) if total is None else total
    return {
        "pagination": {"page": 1, "pages": pages, "per_page": 100, "items": total, "urls": {}},
        "releases": items,
    }


def test_a_lookup_tells_which_copies_are_owned():
    first, second, _ = sent("collection_page")["releases"]
    assert read(LOOKUP, copies(first, second)) == LookupRead(
        frozenset({3000000001, 3000000002}), complete=True
    )


def test_a_release_that_is_not_owned_is_answered_with_an_empty_list():
    assert read(LOOKUP, copies()) == LookupRead(frozenset(), complete=True)


def test_a_lookup_is_not_complete_where_copies_may_be_missing_from_it():
    first, second, of_another_release = sent("collection_page")["releases"]
    assert read(LOOKUP, copies(first, pages=2, total=101)).complete is False
    assert read(LOOKUP, copies(first, total=2)).complete is False
    assert read(LOOKUP, copies(second, second)).complete is False
    assert read(LOOKUP, copies(first, of_another_release)).complete is False


def test_a_lookup_answered_with_another_page_is_no_answer():
    assert (
        code_of(read(LOOKUP, copies() | {"pagination": {"page": 2, "pages": 2, "items": 101}}))
        == "wrong_page"
    )


# --- broken answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", EVERY_TASK)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (HTML, "not_json"),
        (b"upstream connect error", "not_json"),
        (b"", "empty_body"),
        (b"\n", "empty_body"),
        (b"null", "empty_body"),
        (b'{"pagination": {"pa', "broken_json"),
        (b'{"releases": [}', "broken_json"),
        (b"{} {}", "broken_json"),
        (b"[" * 200_000, "broken_json"),
        (b"{}", "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b'"a text"', "wrong_shape"),
        (b'{"message": "The requested resource was not found."}', "wrong_shape"),
        (
            b'{"username": 5, "folders": null, "fields": 3, "releases": null, "pagination": null}',
            "wrong_shape",
        ),
    ],
)
def test_what_is_not_the_answer_may_work_the_next_time(task, body, code):
    assert code_of(read(task, body)) == code


def test_text_that_is_not_utf8_is_garbled():
    assert code_of(read(Identity(), b'{"username": "\xff"}')) == "broken_json"
    assert (
        code_of(read_page(encoded(page_with(date_added="DATE")).replace(b"DATE", b"\xff"))) == "broken_json"
    )


def test_a_deep_answer_is_refused_without_harm():
    deep = b"[" * 100_000 + b"]" * 100_000
    body = encoded(sent("collection_page")).replace(b'"urls": {', b'"urls": {"x": ' + deep + b", ", 1)
    assert code_of(read_page(body)) == "broken_json"
    record = encoded(page_with()).replace(b'"rating": 4', b'"rating": ' + deep)
    assert code_of(read_page(record)) == "broken_json"


def test_a_cut_answer_never_looks_whole():
    whole = encoded(sent("collection_page"))
    for length in range(0, len(whole) - 1, 7):
        assert isinstance(read_page(whole[:length]), Transient)


@pytest.mark.parametrize("number", [2, 3])
def test_another_page_than_the_one_asked_for_is_no_answer(number):
    page = sent("collection_page")
    page["pagination"] |= {"page": number, "pages": 3}
    assert code_of(read_page(page)) == "wrong_page"


@pytest.mark.parametrize(
    "pagination",
    [
        {"pages": 0},
        {"pages": -1},
        {"items": -1},
        {"items": "103"},
        {"page": "1"},
        {"page": True},
        {"pages": None},
        {"pages": 104},
        {"pages": 2, "items": 0},
        {"items": 2**70},
        {"pages": 10**12, "items": 10**13},
        {"pages": 20_001, "items": 10**9},
    ],
)
def test_page_counts_that_cannot_be_are_no_answer(pagination):
    page = sent("collection_page")
    page["pagination"] |= pagination
    assert code_of(read_page(page)) == "wrong_shape"


def test_a_page_beyond_its_own_count_is_no_answer():
    page = sent("collection_page")
    page["pagination"] |= {"page": 3, "pages": 2}
    assert code_of(read(LATER_PAGE, page)) == "wrong_shape"


@pytest.mark.parametrize("missing", ["page", "pages", "items"])
def test_a_page_that_does_not_count_is_no_answer(missing):
    page = sent("collection_page")
    del page["pagination"][missing]
    assert code_of(read_page(page)) == "wrong_shape"


def test_a_page_holds_a_hundred_records_and_not_one_more():
    page = sent("collection_page")
    page["releases"] = [page["releases"][0] | {"instance_id": n} for n in range(100)]
    assert len(read_page(page).records) == 100
    page["releases"].append(page["releases"][0] | {"instance_id": 100})
    assert code_of(read_page(page)) == "wrong_shape"


@pytest.mark.parametrize("urls", [None, [], "x", {"next": None}, {"next": 5}])
def test_odd_links_between_pages_do_no_harm(urls):
    page = sent("collection_page")
    page["pagination"]["urls"] = urls
    assert isinstance(read_page(page), PageRead)


@pytest.mark.parametrize("username", ["", ".", "..", "a/b", "a\x00b", "a\ud800b", "x" * 101, 5, None])
def test_an_identity_without_a_plausible_name_is_no_answer(username):
    assert code_of(read(Identity(), json.dumps({"id": 1, "username": username}).encode())) == "wrong_shape"


# --- whose answer it is -----------------------------------------------------------------------------------------------


def of_another_user(name):
    return (
        encoded(sent(name)).replace(b"/users/shelf.keeper/", b"/users/somebody/").replace(b"/Shelf.K", b"/K")
    )


@pytest.mark.parametrize(
    ("task", "kind", "name"),
    [
        (FOLDERS, "collection", "folders"),
        (FIRST_PAGE, "collection", "collection_page"),
    ],
)
def test_an_answer_about_another_user_is_not_taken(task, kind, name):
    assert code_of(read(task, of_another_user(name), kind=kind)) == "wrong_account"
    assert code_of(read(task, sent(name), kind=kind, account="shelf")) == "wrong_account"
    assert code_of(read(task, sent(name), kind=kind, account="shelf.keeper2")) == "wrong_account"


def test_a_recorded_item_that_is_shown_under_another_name_is_taken():
    url = "https://api.discogs.com/users/somebody/collection/folders/1/releases/1/instances/2"
    assert isinstance(read_page(page_with(resource_url=url)), PageRead)


def test_names_are_compared_in_any_case_and_decoded():
    wants = sent("wantlist_page")
    wants["pagination"]["urls"] = {"last": "https://api.discogs.com/users/J%C3%BCrgen%20X/wants?page=1"}
    assert isinstance(read_wants(wants, account="jürgen x"), PageRead)
    assert isinstance(read_wants(sent("wantlist_page"), account="SHELF.KEEPER"), PageRead)


def test_links_without_a_user_or_without_a_host_are_no_offence():
    wants = sent("wantlist_page")
    wants["pagination"]["urls"] = {
        "next": "https://api.discogs.com/releases/900102?from=/users/somebody/wants",
        "last": "/users/shelf.keeper/wants?page=1",
    }
    assert isinstance(read_wants(wants), PageRead)


# --- errors of Discogs' own -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [message("Invalid consumer token."), HTML, b""])
@pytest.mark.parametrize("task", EVERY_TASK)
def test_401_means_that_the_token_is_not_good(task, body):
    assert read(task, body, status=401) == TokenRefused()


@pytest.mark.parametrize("kind", ["collection", "wantlist"])
def test_403_says_what_to_switch_in_the_privacy_settings(kind):
    body = message(
        "You are not allowed to view this resource. Please authenticate as the owner to view this content."
    )
    outcome = read(FIRST_PAGE, body, kind=kind, status=403)
    assert isinstance(outcome, Forbidden)
    assert f"Allow others to browse my {kind}" in outcome.sentence
    assert "discogs.com/settings/privacy" in outcome.sentence


def test_403_for_an_identity_does_not_talk_of_privacy():
    outcome = read(Identity(), message("Forbidden"), status=403)
    assert isinstance(outcome, Forbidden)
    assert "browse" not in outcome.sentence


@pytest.mark.parametrize("body", [HTML, b"", b"null", {"cloudflare_error": True, "title": "Error 1020"}])
@pytest.mark.parametrize("task", EVERY_TASK)
def test_403_from_the_network_edge_may_work_the_next_time(task, body):
    assert code_of(read(task, body, status=403)) == "blocked"


@pytest.mark.parametrize("number", [1, 2, 100])
def test_404_with_a_range_of_pages_is_beyond_the_end(number):
    body = message(f"Page {number} is outside of valid range [1, 1].")
    assert read(Page(number, 1, Order.OLDEST), body, status=404) == BeyondTheEnd()


@pytest.mark.parametrize("task", [FIRST_PAGE, LATER_PAGE, FOLDERS, LOOKUP])
def test_404_about_the_user_means_that_the_account_is_missing(task):
    body = message("User does not exist or may have been deleted.")
    assert read(task, body, status=404) == AccountMissing()


def test_any_other_404_depends_on_what_was_asked_for():
    body = message("The requested resource was not found.")
    assert read(LATER_PAGE, body, status=404) == BeyondTheEnd()
    assert read(FIRST_PAGE, body, status=404) == AccountMissing()
    assert code_of(read(FOLDERS, body, status=404)) == "not_found"
    assert isinstance(read(FOLDERS, body, status=404), Refused)
    assert isinstance(read(LOOKUP, body, status=404), Refused)
    assert isinstance(read(Identity(), body, status=404), Refused)


@pytest.mark.parametrize("task", EVERY_TASK)
@pytest.mark.parametrize(
    ("body", "code"),
    [(HTML, "not_json"), (b"", "empty_body"), (b"[]", "wrong_shape"), (b"{}", "wrong_shape")],
)
def test_404_that_is_not_from_discogs_may_work_the_next_time(task, body, code):
    outcome = read(task, body, status=404)
    assert isinstance(outcome, Transient)
    assert outcome.code == code


def test_422_on_a_sorted_page_refuses_the_order():
    body = {"detail": [{"loc": ["query", "sort"]}], "message": 'See "detail" for validation errors.'}
    for kind in ("collection", "wantlist"):
        for order in (Order.OLDEST, Order.NEWEST):
            assert read(Page(1, 1, order), body, kind=kind, status=422) == OrderRefused()
        assert code_of(read(Page(1, 1, Order.UNSORTED), body, kind=kind, status=422)) == "unprocessable"
    assert code_of(read(LOOKUP, body, status=422)) == "unprocessable"


@pytest.mark.parametrize("task", EVERY_TASK)
@pytest.mark.parametrize("body", [message("You are making requests too quickly."), HTML, b"", b"\n"])
def test_429_is_a_throttle_whatever_it_holds(task, body):
    assert read(task, body, status=429) == Throttled(heard=True)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 525, 599])
@pytest.mark.parametrize("body", [message("An internal server error occurred (code: 0)."), HTML, b""])
def test_5xx_may_work_the_next_time(status, body):
    outcome = read(FIRST_PAGE, body, status=status)
    assert isinstance(outcome, Transient)
    assert outcome.code == "server_error"


@pytest.mark.parametrize("status", [400, 405, 406, 410, 418, 451, 301, 302, 304, 307])
def test_any_other_refusal_is_final(status):
    outcome = read(FIRST_PAGE, message(CANARY), status=status)
    assert isinstance(outcome, Refused)
    assert outcome.code == f"http_{status}"


def test_a_request_timeout_may_work_the_next_time():
    assert read(FIRST_PAGE, status=408) == read(FIRST_PAGE, status=0, error="timeout: slow")


@pytest.mark.parametrize("status", [-1, 1, 101, 199, 600, 999])
def test_a_status_that_no_finished_answer_has_is_the_clients_fault(status):
    outcome = read(FIRST_PAGE, sent("collection_page"), status=status)
    assert isinstance(outcome, Transient)
    assert outcome.code == "client_error"


# --- no answer at all -------------------------------------------------------------------------------------------------


def test_a_network_error_may_hide_a_throttle():
    assert read(FIRST_PAGE, status=0, error=f"network: {CANARY}") == Throttled(heard=False)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ("timeout: no answer within 60 s", Transient, "timeout"),
        ("oversize: 9 MiB", Refused, "oversize"),
        ("refused_host: api.example", Refused, "refused_host"),
        ("refused_signature", Refused, "refused_signature"),
        ("refused_expired: too late", Transient, "expired"),
        (f"refused_{CANARY}: x", Refused, "refused"),
        ("refused_" + "x" * 2000, Refused, "refused"),
        (CANARY, Transient, "client_error"),
        ("", Transient, "client_error"),
        (None, Transient, "client_error"),
        ("Network: x", Transient, "client_error"),
    ],
)
def test_a_clients_own_error_is_known_by_its_code(error, kind, code):
    outcome = read(FIRST_PAGE, status=0, error=error)
    assert isinstance(outcome, kind)
    assert code_of(outcome) == code


@pytest.mark.parametrize("status", [0, 200, 302, 400, 401, 403, 404, 408, 422, 429, 500, 999])
@pytest.mark.parametrize("task", EVERY_TASK)
def test_no_word_of_an_answer_is_repeated(task, status):
    answer = Answer(
        status=status, headers={"x": CANARY}, body=encoded(message(CANARY)), error=f"{CANARY}: {CANARY}"
    )
    assert CANARY not in repr(DISCOGS.read("collection", task, "x", answer))


def test_an_unknown_side_is_refused():
    assert code_of(read(Side("orders"), {})) == "not_found"


def test_the_answer_of_a_lookup_is_read_as_one_of_a_collection_whatever_the_list():
    assert isinstance(read(Lookup(1), copies(), kind="wantlist"), LookupRead)
