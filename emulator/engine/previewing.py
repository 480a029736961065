"""What a preview answers: known inputs, and unknown where AWS will decide."""

from collections.abc import Mapping

from emulator.engine.configuring import Configuration
from emulator.engine.properties import properties_of, read_path
from emulator.engine.values import UNKNOWN, Value
from emulator.rows import Row


def previewed(
    row: Row, inputs: Mapping[str, Value], state: Mapping[str, Value], config: Configuration
) -> dict[str, Value]:
    """Outputs before a create (`state` is empty) or an update; secret wrappers stay."""
    if state:
        known = {name: value for name, value in state.items() if name not in row.volatile}
        computed = [*row.volatile]
    else:
        known = {"region": config.region}
        asked = [name for name, prop in row.properties.items() if read_path(prop) is not None]
        computed = [*asked, *row.outputs]
    given = {name: value for name, value in inputs.items() if name in properties_of(row)}
    tags = {"tags": given.get("tags", {}), "tagsAll": given.get("tags", {})} if row.tags else {}
    return {**dict.fromkeys(computed, UNKNOWN), **known, **given, **tags}
