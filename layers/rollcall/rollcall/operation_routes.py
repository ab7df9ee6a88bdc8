"""The routes of the read API for operators."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from rollcall.api_description import get
from rollcall.keys import SourceKey
from rollcall.operation import Operation
from rollcall.operation_shapes import Intake, Setups, SourceSetup
from rollcall.presence_routes import ProviderName

# As long as a part of a domain's name, which is what people take for the names of their environments.
NewSource = Annotated[
    str, Path(pattern="^[a-z0-9][a-z0-9-]{0,62}$", description="The source's name, which you choose; it need not exist")
]


def operation_routes(operation: Operation) -> APIGatewayHttpRouter:
    """The routes, with answers from `operation`."""
    router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # Powertools types all of it but this

    @get(router, "/intake", "What becomes of webhooks", errors=())
    def intake() -> Intake:
        """What became of each source's webhooks since an hour ago, what waits, and how the trimmer's last runs ended.
        The figures are for people: a batch that was cut off may be missing, or counted twice."""
        return operation.intake()

    @get(router, "/setup", "How providers are set up", errors=())
    def setups() -> Setups:
        """What is to be done at each provider's dashboard."""
        return operation.setups()

    @get(router, "/setup/<provider>/<source>", "How a source is set up", errors=(400, 404))
    def setup(provider: ProviderName, source: NewSource) -> SourceSetup:
        """What is to be done at the provider's dashboard for one source, with its webhook URL, and whether webhooks
        arrive there."""
        return operation.setup(SourceKey(provider, source))

    return router
