"""The Pulumi program; `pulumi preview` and `pulumi up` run it."""

import gc
import signal

from stacks.program import declare

# A terminal sends Ctrl-C to this process too. It is the engine's to answer, which lets what it has begun come to an
# end; here it would only be a traceback in the middle of somebody's `up`.
signal.signal(signal.SIGINT, signal.SIG_IGN)

# This process lives for seconds, and looking for garbage would take a fifth of its CPU.
gc.disable()

declare()
