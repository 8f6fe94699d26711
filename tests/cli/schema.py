#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Site files by other readers than ours: ruamel.yaml (YAML 1.2) and python3-jsonschema (draft 2020-12).

schema.py valid SCHEMA FILE...   one line for each: "FILE: good" or "FILE: PATH: what the schema says"; 1 if any is not
schema.py profiles FILE          the names of its profiles
"""
import json
import sys

import jsonschema
from ruamel.yaml import YAML


def load(path):
    with open(path, encoding="utf-8") as f:
        return YAML(typ="safe", pure=True).load(f)


def check(validator, path):
    errors = list(validator.iter_errors(load(path)))
    for e in errors:
        print(f"{path}: {'.'.join(str(p) for p in e.absolute_path)}: {e.message[:200]}")
    if not errors:
        print(f"{path}: good")
    return not errors


def main(verb, *args):
    if verb == "profiles":
        print("\n".join(load(args[0])["profiles"]))
        return 0
    with open(args[0], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return 0 if all([check(validator, p) for p in args[1:]]) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
