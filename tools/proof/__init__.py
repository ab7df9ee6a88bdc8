"""Whether Rollcall's presence is right when everything around it goes wrong, over as many events as there is time for.

Simulated providers, Rollcall's own code and its real adapters, and in the place of AWS a DynamoDB, an SQS and an SSM in
memory whose calls fail; all on one virtual clock: `python -m tools.proof`.
"""
