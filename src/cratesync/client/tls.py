"""Whom we believe to be who they say."""

import functools
import ssl

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The usual authorities, and those of this machine: a home server often has its own. Read once, it takes a while."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
