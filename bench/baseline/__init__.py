"""A conventional server that does the same work: FastAPI, pydantic and SQLAlchemy's ORM, as their documentation shows them.

Written as one would who wants it right and does not look at the clock: the same messages, the same tables (those of our migrations),
the same rows and the same order of requests for an answer, one transaction each, nothing sent before the commit. It does less than
ours: it signs no request, keeps no pace, judges no answer that is not good, and removes nothing.
"""
