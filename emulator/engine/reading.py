"""The read document of a resource, and what the state and the inputs are according to it."""

from collections.abc import Mapping
from typing import Final

from emulator.engine.calling import AwsError, Turn, collected, run
from emulator.engine.expressions import evaluate
from emulator.engine.properties import from_api, properties_of, read_path, same
from emulator.rows import Function, Json, Kind, Property, Row

_AWS_TAGS: Final = "aws:"
_OF_ALL: Final = frozenset({"region", "tags"})


def document(turn: Turn, row: Row | Function) -> dict[str, Json] | None:
    """What AWS answers about the resource; None if it is gone."""
    found: dict[str, Json] = {}
    for call in row.read:
        try:
            answer = run(turn, call, frozenset(), {}, found)
        except AwsError as error:
            if isinstance(row, Row) and error.code in row.gone:
                return None
            raise
        if answer is None and call is row.read[0]:
            return None
        found = collected(found, call, answer)
    found["_"] = turn.known
    return row.amend(found, turn.known) if isinstance(row, Row) and row.amend else found


def state(row: Row, doc: Mapping[str, Json], inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Outputs: every property as AWS has it, in the form of the inputs where that means the same."""
    known = doc["_"]
    outputs = {name: _settled(doc, prop, inputs.get(name)) for name, prop in row.properties.items()}
    outputs |= {name: evaluate(expression, doc) for name, expression in row.outputs.items()}
    outputs |= {"id": known["id"], **({"region": known["region"]} if "region" in properties_of(row) else {})}
    if row.tags:
        outputs["tags"] = outputs["tagsAll"] = tags_of(row, doc)
    return {name: value for name, value in outputs.items() if value is not None}


def tags_of(row: Row, doc: Mapping[str, Json]) -> dict[str, str]:
    """The resource's tags without those that AWS sets itself."""
    if not row.tags:
        return {}
    answer = evaluate(row.tags.read, doc) or []
    pairs = answer if isinstance(answer, dict) else evaluate("tags(@)", answer)
    return {key: value for key, value in pairs.items() if not key.startswith(_AWS_TAGS)}


def inputs_of(row: Row, outputs: Mapping[str, Json], inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Inputs as AWS has them: what the program had said, with AWS's values; at import whatever is not a default."""
    if not inputs:
        names = [n for n in properties_of(row) if n not in _OF_ALL and outputs.get(n) not in (None, [], {})]
        found = {name: outputs[name] for name in names if row.properties[name].kind is not Kind.ASSET}
    else:
        names = [name for name in inputs if name in outputs and name not in _OF_ALL]
        found = {name: _said(outputs[name], inputs[name], row.properties.get(name)) for name in names}
    if "region" in inputs:
        found["region"] = outputs["region"]
    if outputs.get("tags") or "tags" in inputs:
        found["tags"] = outputs.get("tags", {})
    kept = {name: value for name, value in inputs.items() if name.startswith("__")}
    return {**found, **kept}


def _settled(doc: Mapping[str, Json], prop: Property, given: Json) -> Json:
    path = read_path(prop)
    if path is None:
        return given
    answer = from_api(evaluate(path, doc), prop)
    return _kept(answer, given, prop)


def _kept(answer: Json, given: Json, prop: Property) -> Json:
    """AWS's value, but in the words of the program where these mean the same; with what AWS never tells."""
    if given is not None and same(answer, given, prop):
        return given
    if answer is None and given in (False, "", [], {}):  # AWS leaves out what is off or empty
        return given
    if prop.fields and isinstance(answer, dict) and isinstance(given, dict):
        return _kept_fields(answer, given, prop)
    if prop.many and isinstance(answer, list) and isinstance(given, list) and len(answer) == len(given):
        return [_kept_fields(a, g, prop) for a, g in zip(answer, given, strict=True)]
    return answer


def _kept_fields(answer: Mapping[str, Json], given: Mapping[str, Json], prop: Property) -> dict[str, Json]:
    found = {
        name: given.get(name) if field.read is None else _kept(answer.get(name), given.get(name), field)
        for name, field in prop.fields.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _said(answer: Json, given: Json, prop: Property | None) -> Json:
    """AWS's value of an input, without the members that the program had left to AWS."""
    if prop is None or not prop.fields:
        return answer
    if isinstance(answer, dict) and isinstance(given, dict):
        return {n: _said(v, given[n], prop.fields.get(n)) for n, v in answer.items() if n in given}
    if isinstance(answer, list) and isinstance(given, list) and len(answer) == len(given):
        item = Property(fields=prop.fields)
        return [_said(a, g, item) for a, g in zip(answer, given, strict=True)]
    return answer
