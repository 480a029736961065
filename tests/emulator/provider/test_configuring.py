"""The provider's configuration: keys of pulumi-aws are honoured or refused by name, accounts are kept to."""

import pulumi_aws
import pytest

from emulator.engine import configuring
from emulator.rows import Json

SOUND: dict[str, Json] = {"region": "us-east-1"}


def reason(**properties: Json) -> str:
    found = list(configuring.faults(configuring.parsed({**SOUND, **properties})))
    assert len(found) == 1, found
    return found[0][1]


def test_every_key_of_the_real_provider_is_either_honoured_or_refused_by_name() -> None:
    real = set(pulumi_aws.Provider.__init__.__kwdefaults__ or {}) | set(wire_names())
    strange = {
        key for key in real if "is unknown" in " ".join(text for _, text in configuring.faults({**SOUND, key: 1}))
    }
    assert not strange


def wire_names() -> list[str]:
    args = pulumi_aws.ProviderArgs
    getters = [getattr(args, name) for name in dir(args) if isinstance(getattr(args, name), property)]
    return [str(getattr(getter.fget, "_pulumi_name", getter.fget.__name__)) for getter in getters]


def test_configuration_as_the_engine_sends_it_is_sound() -> None:
    sent = {
        "region": "us-east-1",
        "allowedAccountIds": '["000000000000"]',
        "defaultTags": '{"tags":{"a":"b"}}',
        "skipMetadataApiCheck": "true",
        "version": "7.51.0",
    }
    parsed = configuring.parsed(sent)
    assert list(configuring.faults(parsed)) == []
    config = configuring.configuration(parsed, "000000000000")
    assert (config.region, config.default_tags) == ("us-east-1", {"a": "b"})


def test_an_unknown_key_names_itself_and_its_nearest() -> None:
    assert "aws:allowedAccountId is unknown; did you mean aws:allowedAccountIds" in reason(allowedAccountId="x")


def test_a_key_that_is_not_emulated_is_refused() -> None:
    assert "aws:assumeRoles is not emulated" in reason(assumeRoles="[]")


def test_a_value_of_the_wrong_type_is_refused() -> None:
    assert "must be a list" in reason(allowedAccountIds="000000000000")
    assert "unknown key 'tag'" in reason(defaultTags='{"tag": {}}')


def test_a_missing_region_says_how_to_set_it() -> None:
    ((key, text),) = configuring.faults({})
    assert key == "region"
    assert "pulumi config set aws:region" in text


def test_an_unknown_region_lists_the_known_ones() -> None:
    ((_, text),) = configuring.faults({"region": "mars-1"})
    assert "'mars-1'" in text
    assert "us-east-1" in text


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"allowedAccountIds": ["111111111111"]}, "000000000000 is not in aws:allowedAccountIds (111111111111)"),
        ({"forbiddenAccountIds": ["000000000000"]}, "000000000000 is in aws:forbiddenAccountIds"),
    ],
)
def test_an_account_that_may_not_be_touched_is_refused(properties: dict[str, Json], words: str) -> None:
    assert words in str(configuring.account_fault(properties, "000000000000"))


def test_an_account_that_is_allowed_is_not_refused() -> None:
    assert configuring.account_fault({"allowedAccountIds": ["000000000000"]}, "000000000000") is None
