"""The language stated once, for editors, readers and tests; what the loader reads agrees with it by test.  Pure."""

from rules.language.schema.json_schema import ADDRESS, json_schema, json_schema_text
from rules.language.schema.markdown import flow, markdown
from rules.language.schema.parts import PARTS

__all__ = ["ADDRESS", "PARTS", "flow", "json_schema", "json_schema_text", "markdown"]
