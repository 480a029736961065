"""The Pulumi program; `pulumi preview` and `pulumi up` run it."""

import signal

from stacks.program import declare

# A terminal sends Ctrl-C to this process too. It is the engine's to answer, which lets what it has begun come to an
# end; here it would only be a traceback in the middle of somebody's `up`.
signal.signal(signal.SIGINT, signal.SIG_IGN)

declare()
