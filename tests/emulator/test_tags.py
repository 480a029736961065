"""Tags in both forms that AWS's services have."""

from emulator.tags import merged, without

AS_LIST = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_a_tag_that_is_there_gets_the_new_value_in_the_form_of_the_old() -> None:
    assert merged(AS_LIST, [{"Key": "b", "Value": "3"}]) == [AS_LIST[0], {"Key": "b", "Value": "3"}]
    assert merged({"a": "1"}, {"a": "2", "c": "3"}) == {"a": "2", "c": "3"}
    assert merged([], AS_LIST) == AS_LIST


def test_what_is_taken_away_is_gone_and_what_was_not_there_is_no_fault() -> None:
    assert without(AS_LIST, ["a", "z"]) == [AS_LIST[1]]
    assert without({"a": "1"}, ["a"]) == {}
