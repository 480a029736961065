"""Who may do what on the emulated AWS: policies evaluated as AWS documents it, against each call that is made.

`decisions` is pure and knows no service: a question, policies, an answer with the statements that gave it. `table`
turns an operation into such questions, `callers` an access key into an identity with its policies, `hook` asks them of
every request and writes each answer to the trail.
"""
