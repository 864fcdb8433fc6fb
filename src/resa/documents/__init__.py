"""YAML files that people write: read with a place for everything, checked against models, changed without a trace.

The only door to ruamel.yaml. Knows nothing of journeys.

    document = read_document("sources/orders.yaml")        # never raises for what stands in the file
    document.problems                                      # tabs, cut texts, repeated keys, the parser's own errors
    document.data                                          # plain Python
    document.position(("columns", "event"))                # (4, 10): line and column of the value
    document.position(("columns", "event"), key=True)      # (4, 3): of the key

    source, findings = validate(document, SourceShape)     # a pydantic model (best a subclass of `Shape`)
    [finding.problem for finding in findings]              # every mistake at once, in plain words, with its place

    mended = apply_edits(document.text, [e for f in (*document.findings, *findings) for e in f.edits])
    text = rewrite(document, {**document.data, "title": "Ours"})         # every other byte as it was
"""

from resa.documents.comparing import steps_between
from resa.documents.merging import Choice, Part, merge, merged_text
from resa.documents.reading import MAXIMUM_CHARACTERS, Document, read_document
from resa.documents.rewriting import rewrite
from resa.documents.scalars import scalar
from resa.documents.source import Edit, Finding, Source, apply_edits, merge_edits
from resa.documents.tree import Block, Items, Node, Path, Written, quoted, walk
from resa.documents.validation import Refusal, Shape, Validated, report, spelling, validate

__all__ = [
    "MAXIMUM_CHARACTERS",
    "Block",
    "Choice",
    "Document",
    "Edit",
    "Finding",
    "Items",
    "Node",
    "Part",
    "Path",
    "Refusal",
    "Shape",
    "Source",
    "Validated",
    "Written",
    "apply_edits",
    "merge",
    "merge_edits",
    "merged_text",
    "quoted",
    "read_document",
    "report",
    "rewrite",
    "scalar",
    "spelling",
    "steps_between",
    "validate",
    "walk",
]
