"""The listening socket."""

import socket

from cratesync.server.listener import open_socket


def test_nothing_that_is_sent_waits_for_an_acknowledgement_of_what_was_sent_before():
    with (
        open_socket("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
