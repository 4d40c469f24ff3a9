"""Validates datapackage.json with frictionless, rows included, and by the profile of Data Package 2.0; and
datacite.json by the DataCite schema 4.5. The profile is the copy that the package dplib-py ships."""
import importlib.util
import json
import pathlib
import sys

import datacite.schema45
import frictionless
import jsonschema

release, documents = sys.argv[1:]
package = f"{release}/datapackage.json"
report = frictionless.validate(package)
assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])
assert report.stats["errors"] == 0, report.stats

profiles = pathlib.Path(importlib.util.find_spec("dplib").submodule_search_locations[0]) / "profiles/2.0"
profile = json.loads((profiles / "datapackage.json").read_text(encoding="utf-8"))
validator = jsonschema.Draft7Validator(profile, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
document = json.load(open(package, encoding="utf-8"))
assert document["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
assert not errors, errors
# The profile is one that refuses something.
assert list(validator.iter_errors({**document, "licenses": [{}]}))

datacite.schema45.validator.validate(json.load(open(f"{documents}/datacite.json", encoding="utf-8")))
