"""Settings: every config key of the platform, its type and its default.

Pulumi.yaml declares the same keys with the same defaults for people to read (a test holds the two together). An empty
value means "not given". What a value may be is said once, in its field; a fault's message repeats it.
"""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from components.registry import offered
from components.variants import Kind, Variant
from stacks.values import Arm64Type, Emails, Hours, IamNames, Phones, Retiring, SpotTypes, TimeZone, VpcCidr, https

MAX_DEV_FRACTION: Final = 0.01
"""The users' own rule: dev gets at most one percent."""


class Key:
    """What a fault's message says of a key: what it takes, and a value to try."""

    def __init__(self, allowed: str, example: str, *, secret: bool = False) -> None:
        self.allowed, self.example, self.secret = allowed, example, secret


def _one_of(kind: Kind) -> AfterValidator:
    def check(value: Variant) -> Variant:
        if value.value not in offered(kind):
            raise ValueError(
                f"{kind.value}={value.value} is not available: this version offers {', '.join(offered(kind))}"
            )
        return value

    return AfterValidator(check)


def _kind(kind: Kind) -> Key:
    return Key(" or ".join(offered(kind)), offered(kind)[0])


def _secret_https(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        https(value.get_secret_value())
    return value


class Settings(BaseModel):
    """One stack's config, checked. Units are in the names."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, str_strip_whitespace=True)

    data: Annotated[Variant, _one_of(Kind.DATA), _kind(Kind.DATA)] = Variant.OSS
    tracking: Annotated[Variant, _one_of(Kind.TRACKING), _kind(Kind.TRACKING)] = Variant.OSS
    training: Annotated[Variant, _one_of(Kind.TRAINING), _kind(Kind.TRAINING)] = Variant.OSS
    serving: Annotated[Variant, _one_of(Kind.SERVING), _kind(Kind.SERVING)] = Variant.OSS
    monitoring: Annotated[Variant, _one_of(Kind.MONITORING), _kind(Kind.MONITORING)] = Variant.MANAGED
    retiring: Annotated[Retiring, Key("kind=variant pairs with commas between", "tracking=managed")] = ()
    owner: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 _.:=+@-]{1,128}$"),
        Key("1 to 128 letters, digits, blanks and _.:=+@-", "ml-team"),
    ] = "ml-team"
    data_home: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$"), Key("the name of another stack of this project", "prod")
    ] = ""
    alert_emails: Annotated[Emails, Key("e-mail addresses with commas between", "ops@example.com")] = ()
    alert_phones: Annotated[
        Phones, Key("phone numbers in E.164 (+ and 7 to 15 digits) with commas", "+12025550123")
    ] = ()
    ops_webhook_url: Annotated[
        SecretStr | None,
        AfterValidator(_secret_https),
        Key("an https:// address", "--secret https://ops.example.com/hook", secret=True),
    ] = None
    monthly_budget_usd: Annotated[int, Field(ge=1, le=1_000_000), Key("whole USD, 1 to 1000000", "200")] = 200
    working_hours: Annotated[
        Hours | None, Key("days and hours, as in mon-fri 08:00-18:00", '"mon-fri 08:00-18:00"')
    ] = None
    time_zone: Annotated[TimeZone, Key("an IANA time zone, as in Europe/Berlin", "Europe/Berlin")] = "UTC"
    dev_sample_fraction: Annotated[
        float, Field(gt=0, le=MAX_DEV_FRACTION, allow_inf_nan=False), Key("a number above 0, at most 0.01", "0.01")
    ] = MAX_DEV_FRACTION
    staging_sample_fraction: Annotated[
        float,
        Field(gt=0, le=1, allow_inf_nan=False),
        Key("a number above devSampleFraction, at most 1", "0.10"),
    ] = 0.10
    approvers: Annotated[
        IamNames, Key("names of IAM users or roles with commas between", "release-managers,ml-leads")
    ] = ()
    host_instance_type: Annotated[
        Arm64Type, Key("an arm64 (Graviton) instance type, as in t4g.medium or m7g.large", "t4g.medium")
    ] = "t4g.medium"
    host_volume_gib: Annotated[int, Field(ge=8, le=16_384), Key("GiB, 8 to 16384", "20")] = 20
    ami_id: Annotated[
        str,
        Field(pattern=r"^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$"),
        Key("the id of an Ubuntu 24.04 arm64 image in the stack's region", "ami-0123456789abcdef0"),
    ] = ""
    training_instance_types: Annotated[
        SpotTypes,
        Key(
            "three or more arm64 instance types with commas between, first choice first",
            "m7g.xlarge,m6g.xlarge,c7g.xlarge",
        ),
    ] = ("m7g.xlarge", "m6g.xlarge", "c7g.xlarge")
    training_max_hours: Annotated[int, Field(ge=1, le=168), Key("hours, 1 to 168", "4")] = 4
    vpc_cidr: Annotated[VpcCidr, Key("a private IPv4 block from /16 to /24", "10.42.0.0/16")] = "10.42.0.0/16"


def keys() -> dict[str, Key]:
    """Every config key, spelled as in config, with what its messages say."""
    return {
        to_camel(name): next(item for item in field.metadata if isinstance(item, Key))
        for name, field in Settings.model_fields.items()
    }
