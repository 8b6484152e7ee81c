"""A program that asks the interface with a token."""

import json

import pytest
from django.test import Client

from kogorta.desk.api import callers
from kogorta.desk.api.actions import make_token
from kogorta.desk.api.scopes import Scope


class Program:
    """Asks with a token; JSON in, JSON out."""

    def __init__(self, token="", row=None):
        self.token, self.row = token, row
        self.client = Client(raise_request_exception=False)

    def ask(self, method, path, body=None, **headers):
        kind = {}
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            kind = {"data": data, "content_type": headers.pop("content_type", "application/json")}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.generic(method, "/api/v1" + path, headers=headers, **kind)

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)


@pytest.fixture(autouse=True)
def _full_buckets():
    callers.requests.forget()
    callers.strangers.forget()


@pytest.fixture
def program(founded):
    """`program("customers:read")`: a program whose token has these scopes; all of them when none is named."""

    def made(*scopes, by="owner"):
        row, token = make_token(founded["owner"], "a test", [Scope(word) for word in scopes] or list(Scope))
        if by != "owner":
            type(row).objects.filter(pk=row.pk).update(created_by=founded[by])
        return Program(token, row)

    return made


@pytest.fixture
def stranger(founded):
    """A program without a token."""
    return Program()
