"""A row per resource type: the data from which the generic provider checks, diffs, creates, reads and deletes.

A row says which AWS calls make a resource and where each Pulumi property goes in them; the engine in `emulator/engine`
does the rest, the same way for every type. Types, enumerations, lengths and patterns are *not* in a row: they are
looked up in botocore's model at the member a property is mapped to. Rows live in `tokens/<service>.py` in a tuple
`ROWS` (and `FUNCTIONS` for invokes); `tokens/__init__.py` finds them.

How to add a row
1. Take the names from `pulumi_aws`'s args class, in camelCase. A property that is not in the row is refused, so map
   what is used and leave the rest out.
2. For each property say where it goes: `Property("CreateVpc.CidrBlock")`, with an operation of the row's `create` or
   `update`; a tuple where several operations take it. The path may step into structures and lists
   (`"RunInstances.Placement.Tenancy"`, `"CreateTags.Tags[0].Key"`). A block has `fields` with paths relative to its
   own; `many=True` if it is a list of blocks. A property that only the provider knows has no path but a `type`.
3. Say what AWS calls it when asked: `read`, a JMESPath on the read document. Left out, it is the path of the first
   `to` without its operation; `None` if AWS never tells (the value is then kept from the state).
4. Name the calls. `create`: the first makes the resource, and `id` is a JMESPath on its answer; later ones run if one
   of their properties is given. `update`: a call runs if one of its properties changed and gets all of its properties.
   `read`: `select` of the first is the root of the read document (null: gone), others are filed under `into`.
   `delete`: all run in order. A call that only waits has `until`.
5. `outputs` are what AWS computes, JMESPath on the read document.
6. Mark `required`, `replaces` (a change makes a new resource), `default` (what pulumi-aws fills in).

Expressions are JMESPath. Their document collects the answers of the calls made so far (in `read` the read document, in
`delete` beginning with the state), those of a call with `into` under that name, plus `_`:
    _.id _.name          id and logical name of the resource        _.in _.old   checked inputs, now and before
    _.account _.region _.partition                                  _.state      outputs as last recorded
    _.tag_list _.tag_map tags now as [{Key, Value}] and as a map    _.tags_set _.tags_gone   what an update must do
    _.added.<p> _.removed.<p>  elements of list property <p> that came or went (create: all came)
    _.token              a client token, new for each operation on a resource
    _.item               the element at hand in a call with `each`
    _.changed            names of the properties that an update changes
    _.<into>             answer of a `before` call
Functions beside JMESPath's own: split(separator, text), format(template, _) with {id} {region} {account} {partition},
from_json(text), compact_json(value), encode64(text), decode64(text), tags(list) for [{Key, Value}] to a map,
pairs(map) for the way back, value_or(value, fallback), lower(text), text(value), number(text), find(list, 'Key', value)
for the first object in a list whose Key is that value (a filter cannot see `_`), chunks(size, list).
Not is `!(_.in.x)`: in JMESPath `!` binds closer than the dot.
Literals: 'text' and `json` in back-quotes. A parameter that comes out null or empty ([], {}) is not sent.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any, Final

Json = Any
"""A plain JSON value: what is left of a Pulumi value without secrets, unknowns and assets."""

SAME: Final = "="
"""`read` of a property that AWS answers under the path it takes it."""


Ask = Callable[[str, dict[str, Json]], Json]
"""A call to AWS by operation and parameters, for a row's own code; no answer is {}."""


class Kind(StrEnum):
    """What the text of a property means; decides its check, its comparison and its form on the wire."""

    PLAIN = "plain"
    JSON = "json"  # JSON text or an object; compared by meaning
    POLICY = "policy"  # JSON that is an IAM policy document: Version and Statement checked
    ARN = "arn"
    TEXT = "text"  # pulumi-aws has a string where AWS has a number or boolean ("true")
    BASE64 = "base64"  # plain here, base64 at AWS (user data)
    TAGS = "tags"  # a map here, a list of Key and Value at AWS
    ASSET = "asset"  # a file: Pulumi asset or archive, bytes at AWS


@dataclass(frozen=True)
class Property:
    """One input of a resource type and where AWS takes and tells it."""

    to: str | tuple[str, ...] = ()
    _: KW_ONLY
    read: str | None = SAME
    kind: Kind = Kind.PLAIN
    type: str = ""  # string integer number boolean list map: only if botocore cannot tell (no `to`, or a conversion)
    required: bool = False
    replaces: bool = False
    replaces_if: str = ""  # name of a boolean input: a change replaces if that is true
    default: Json = None
    enum: tuple[str, ...] = ()  # only where botocore has no enumeration or pulumi-aws takes fewer or other words
    fields: Mapping[str, "Property"] = field(default_factory=dict)
    many: bool = False
    unordered: bool = False  # a list whose order means nothing
    secret: bool = False  # always secret in the state
    cloudformation: str = ""  # path in the CloudFormation schema where it is not the last part of `to`

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.to,) if isinstance(self.to, str) else self.to


@dataclass(frozen=True)
class Call:
    """One AWS operation with its parameters; properties mapped to the operation are added by the engine."""

    operation: str
    params: Mapping[str, str] = field(default_factory=dict)  # member path -> expression
    _: KW_ONLY
    service: str = ""  # other than the row's
    when: str = ""  # expression; the call runs only if it is true
    each: str = ""  # expression giving a list; one call per element, and the answer is the list of answers
    per_property: bool = False  # AWS takes one attribute a call: one call per property that is given or changed
    only: tuple[str, ...] = ()  # the only properties that this call takes, of those mapped to its operation
    until: str = ""  # expression on the answer; the call is repeated until it is true
    within: str = ""  # expression for the seconds that a call with `until` waits at most; else the engine's timeout
    fails: str = ""  # expression on the answer of a call with `until`: waiting longer is in vain
    explain: Callable[[Ask, Mapping[str, Json]], str] | None = None  # (call by operation, `_`) -> why it fails
    ignore: tuple[str, ...] = ()  # AWS error codes that are as good as success
    retry: tuple[tuple[str, str], ...] = ()  # (AWS error code, part of its message) that pass by themselves
    select: str = "@"  # the part of the answer that counts
    into: str = ""  # where it is filed in the document; "": its members are the document's own
    shape: Callable[[dict[str, Json], Mapping[str, Json]], dict[str, Json]] | None = None  # (params, `_`)


@dataclass(frozen=True, kw_only=True)
class Tags:
    """How a type's tags are read and changed; `create` calls pass `_.tag_list` or `_.tag_map` themselves."""

    read: str = "Tags"  # expression giving [{Key, Value}] or a map
    set: Call
    unset: Call | None = None  # None: `set` replaces all tags
    after_create: bool = False  # the create call takes no tags: `set` runs after it


@dataclass(frozen=True)
class Row:
    """One resource type."""

    token: str
    service: str  # botocore's name
    _: KW_ONLY
    properties: Mapping[str, Property]
    id: str
    create: tuple[Call, ...]  # the first makes the resource
    read: tuple[Call, ...]
    update: tuple[Call, ...] = ()
    before: tuple[Call, ...] = ()  # looked up before create and update; the answer's `select` is `_.<into>`
    delete: tuple[Call, ...] = ()  # a `gone` error in it is success
    outputs: Mapping[str, str] = field(default_factory=dict)
    volatile: tuple[str, ...] = ()  # outputs that an update changes: unknown in its preview
    gone: tuple[str, ...] = ()  # AWS error codes that mean "there is no such resource"
    name: str = ""  # property that gets `<logical>-<7 hex>` when it is missing
    name_prefix: str = ""  # property that replaces the logical name in it
    name_limit: int = 255
    name_lower: bool = False
    tags: Tags | None = None
    delete_before_replace: bool = False  # AWS can hold only one of it (its identity is its parent's)
    check: Callable[[Mapping[str, Json]], Iterable[tuple[str, str]]] | None = None
    # ^ rules between properties: gives (property, what is wrong); not called while an input is unknown
    amend: Callable[[dict[str, Json], Mapping[str, Json]], dict[str, Json]] | None = None  # (read document, `_`)
    cloudformation: str = ""  # "AWS::EC2::VPC"; "" where there is none


@dataclass(frozen=True)
class Function:
    """One invoke: checked arguments, calls read like a row's `read`, outputs."""

    token: str
    service: str  # botocore's name
    _: KW_ONLY
    read: tuple[Call, ...]
    outputs: Mapping[str, str]
    properties: Mapping[str, Property] = field(default_factory=dict)
    check: Callable[[Mapping[str, Json]], Iterable[tuple[str, str]]] | None = None
