"""An answer is kept until it is acknowledged."""

from msgspec import Raw

from cratesync.client.outbox import SENDS_MAX, Outbox
from cratesync.protocol.messages import ApiResponse


def answer(request_id, body=b"{}", status=200):
    return ApiResponse(request_id=request_id, status=status, body=Raw(body))


def filled(*request_ids, **limits):
    outbox = Outbox(**limits)
    for request_id in request_ids:
        outbox.put(answer(request_id))
    return outbox


def sent(outbox):
    return [due.request_id for due in iter(outbox.next_due, None)]


def test_answers_leave_oldest_first_and_once():
    outbox = filled("a", "b")

    assert sent(outbox) == ["a", "b"]
    assert sent(outbox) == []


def test_what_is_sent_is_kept_until_it_is_acknowledged():
    outbox = filled("a", "b")
    sent(outbox)

    assert outbox.forget("a")
    assert outbox.request_ids == ("b",)
    assert not outbox.forget("a")


def test_after_a_reconnect_everything_kept_leaves_again():
    outbox = filled("a", "b", "c")
    sent(outbox)
    outbox.forget("b")

    outbox.send_all_again()

    assert sent(outbox) == ["a", "c"]


def test_one_answer_can_be_sent_again():
    outbox = filled("a", "b")
    sent(outbox)

    outbox.send_again("b")
    outbox.send_again("unknown")

    assert sent(outbox) == ["b"]


def test_a_newer_answer_takes_the_place_of_an_older_one():
    outbox = filled("a")
    sent(outbox)

    outbox.put(answer("a", status=500))

    assert len(outbox) == 1
    assert outbox.next_due().status == 500


def test_it_has_room_until_the_answers_and_the_calls_under_way_fill_it():
    outbox = filled("a", "b", answers_max=4)

    assert outbox.has_room(1)
    assert not outbox.has_room(2)


def test_it_has_no_room_beyond_its_bytes_and_has_it_again_afterwards():
    outbox = Outbox(bytes_max=100)
    outbox.put(answer("a", b'"%s"' % (b"x" * 98)))

    assert not outbox.has_room(0)
    outbox.forget("a")
    assert outbox.has_room(0)


def test_an_answer_that_is_never_acknowledged_is_given_up():
    outbox = filled("poison")
    for _ in range(SENDS_MAX):
        assert sent(outbox) == ["poison"]
        outbox.send_all_again()

    assert sent(outbox) == []
    assert len(outbox) == 0


def test_the_largest_that_was_sent_is_known():
    outbox = Outbox()
    outbox.put(answer("small"))
    outbox.put(answer("large", b'"%s"' % (b"x" * 100)))
    assert outbox.largest_sent() is None

    sent(outbox)
    outbox.put(answer("larger but not sent", b'"%s"' % (b"x" * 1000)))

    assert outbox.largest_sent().request_id == "large"
