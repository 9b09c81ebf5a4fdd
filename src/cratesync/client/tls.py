"""Whom we believe to be who they say."""

import ssl

import httpx


def tls_context() -> ssl.SSLContext:
    """The usual authorities, and those of this machine: a home server often has its own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
