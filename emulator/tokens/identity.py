"""The one invoke: who is asking."""

from emulator.rows import Call, Function

FUNCTIONS = (
    Function(
        "aws:index/getCallerIdentity:getCallerIdentity",
        "sts",
        read=(Call("GetCallerIdentity"),),
        outputs={"accountId": "Account", "arn": "Arn", "userId": "UserId", "id": "Account"},
    ),
)
