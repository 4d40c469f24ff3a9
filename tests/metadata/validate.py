"""Validates datapackage.json with frictionless, rows included, and datacite.json by the DataCite schema 4.5."""
import json
import sys

import datacite.schema45
import frictionless

folder = sys.argv[1]
report = frictionless.validate(f"{folder}/datapackage.json")
assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])
assert report.stats["errors"] == 0, report.stats
document = json.load(open(f"{folder}/datacite.json"))
datacite.schema45.validator.validate(document)
