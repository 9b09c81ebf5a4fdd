"""Clusters, each on a database of its own."""

import itertools
import os

import pytest

from conftest import _run
from e2e.cluster.cluster import Cluster
from integration.proxies.certificates import issue
from postgres import create_database, drop_database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates") / "made")


@pytest.fixture
def cluster(postgres_server, tmp_path):
    """A folder in which nodes run, and an empty database; they end with the test."""
    name = f"cluster_{os.getpid()}_{next(_numbers)}"
    cluster = Cluster(tmp_path, _run(create_database(postgres_server, name)))
    yield cluster
    cluster.end()
    _run(drop_database(postgres_server, name))
