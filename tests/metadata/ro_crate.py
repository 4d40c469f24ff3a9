"""Validates ro-crate-metadata.json by the RO-Crate 1.1 profile, without a network: the context, which the validator
would fetch, is the copy that the package rocrate ships."""
import importlib.util
import io
import pathlib
import sys
import urllib.request
import urllib.response
from email.message import Message

import requests
import requests_cache

folder = pathlib.Path(importlib.util.find_spec("rocrate").origin).parent
context = (folder / "data" / "ro-crate.jsonld").read_bytes()
assert b"/ro/crate/1.1/context" in context, "another version of the context"


def open_offline(self, request, *_arguments, **_options):
    url = request if isinstance(request, str) else request.full_url
    assert url.endswith("/ro/crate/1.1/context"), f"fetches {url}"
    headers = Message()
    headers["Content-Type"] = "application/ld+json"
    return urllib.response.addinfourl(io.BytesIO(context), headers, url, 200)


def request_offline(self, method, url, *_arguments, **_options):
    assert url.endswith("/ro/crate/1.1/context"), f"fetches {url}"
    response = requests.Response()
    response.status_code, response.url, response._content = 200, url, context
    response.headers["Content-Type"] = "application/ld+json"
    return response


urllib.request.OpenerDirector.open = open_offline
requests.Session.request = request_offline
requests_cache.CachedSession.request = request_offline

from rocrate_validator import models, services  # noqa: E402

settings = services.ValidationSettings(
    rocrate_uri=sys.argv[1], profile_identifier="ro-crate-1.1", requirement_severity=models.Severity.REQUIRED
)
result = services.validate(settings)
for issue in result.get_issues():
    print(issue.severity, issue.check.identifier, issue.message)
sys.exit(0 if not result.has_issues() else 1)
