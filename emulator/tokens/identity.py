"""Invokes: who and where the program is."""

from emulator.rows import Call, Function, Property

FUNCTIONS = (
    Function(
        "aws:index/getCallerIdentity:getCallerIdentity",
        "sts",
        read=(Call("GetCallerIdentity"),),
        outputs={"accountId": "Account", "arn": "Arn", "userId": "UserId", "id": "Account"},
    ),
    Function(
        "aws:index/getRegion:getRegion",
        "ec2",
        properties={"id": Property(type="string"), "name": Property(type="string")},
        read=(),
        outputs={
            "id": "_.region",
            "name": "_.region",
            "region": "_.region",
            "endpoint": "format('ec2.{region}.amazonaws.com', _)",
            "description": "_.region",
        },
    ),
    Function(
        "aws:index/getPartition:getPartition",
        "sts",
        read=(),
        outputs={
            "id": "_.partition",
            "partition": "_.partition",
            "dnsSuffix": "'amazonaws.com'",
            "reverseDnsPrefix": "'com.amazonaws'",
        },
    ),
    Function(
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        "ec2",
        properties={"state": Property(type="string", enum=("available", "impaired", "information", "unavailable"))},
        read=(Call("DescribeAvailabilityZones", {"Filters": "_.in.state && [{Name: 'state', Values: [_.in.state]}]"}),),
        outputs={
            "id": "_.region",
            "region": "_.region",
            "names": "sort(AvailabilityZones[].ZoneName)",
            "zoneIds": "sort_by(AvailabilityZones, &ZoneName)[].ZoneId",
            "groupNames": "sort(AvailabilityZones[].GroupName)",
        },
    ),
)
