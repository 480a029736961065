"""serving/oss: how the host runs the model server."""

import json
import re
from collections.abc import Callable
from typing import Any


def test_the_server_has_one_thread_of_blas(recorded: Callable[[str], Any]) -> None:
    """All of BLAS and OpenMP obeys the variable, also what is loaded with the first model."""
    content = json.loads(recorded("local").named("services-document").inputs["content"])
    script = "\n".join(content["mainSteps"][0]["inputs"]["runCommand"])
    found = re.search(r"manifest\.json\" <<'(?P<end>[^']+)'\n(?P<body>.*?)\n(?P=end)\n", script, re.DOTALL)
    assert found is not None
    [server] = [each for each in json.loads(found["body"])["services"] if each["name"] == "model-server"]
    assert server["environment"]["OMP_NUM_THREADS"] == "1"
