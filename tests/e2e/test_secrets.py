"""A canary token goes the whole way, well and badly, and is found nowhere afterwards."""

CANARY = "CANARYtokenZxQv8471NeverWriteMeDown"
OTHER = "another-token-of-somebody-else"


def assert_unwritten(programs, *tokens):
    programs.stop_all()
    written = programs.everything_written()
    assert len(written) > 10_000
    for token in tokens:
        assert token.encode() not in written


def test_a_whole_sync_writes_the_token_nowhere(programs):
    programs.simulate(f"ada:{CANARY}:700:120")
    programs.serve()
    programs.join("ada", CANARY)
    assert programs.sync("ada")[0] == 0
    assert programs.sync("ada", "--type", "wantlist")[0] == 0
    access = programs.access("ada")
    for path in (
        "users/me",
        "discogs/syncs",
        "discogs/rateLimit",
        "collection",
        "collection/folders",
        "openapi.json",
    ):
        assert programs.rest("GET", f"/api/{path}", access).status_code == 200

    assert_unwritten(programs, CANARY)


def test_a_refused_token_is_written_nowhere(programs):
    programs.simulate(f"ada:{OTHER}:700")
    programs.serve()
    programs.join("ada", CANARY)

    code, said = programs.sync("ada")

    assert (code, said["code"]) == (3, "discogs_token_rejected")
    assert_unwritten(programs, CANARY, OTHER)


def test_failing_syncs_write_the_token_nowhere(programs):
    programs.simulate(f"ada:{CANARY}:700")
    programs.serve()
    programs.join("ada", CANARY)
    programs.control("POST", "faults", json={"kind": "500", "page": 3})
    code, said = programs.sync("ada")
    assert (code, said["code"]) == (1, "incomplete")
    programs.control("DELETE", "faults")
    programs.control("POST", "users/ada", json={"private_collection": True, "token": OTHER})

    code, said = programs.sync("ada")

    assert (code, said["code"]) == (3, "token_rejected")
    assert_unwritten(programs, CANARY)


def test_faulty_answers_are_kept_without_the_token(programs):
    programs.simulate(f"ada:{CANARY}:700", options=("--fault", "502-html:0.2", "--fault", "truncated:0.2"))
    programs.serve()
    programs.join("ada", CANARY)
    programs.sync("ada")

    assert_unwritten(programs, CANARY)


def test_a_server_that_is_not_there_is_exit_code_4_and_a_bad_password_3(programs):
    assert programs.run_client("ada", "sync")[0] == 4
    programs.simulate(f"ada:{CANARY}:10")
    programs.serve()

    code, _, error = programs.run_client("ada", "sync")

    assert code == 3
    assert "Traceback" not in error
