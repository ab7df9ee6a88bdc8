"""`rollcall rotate`: new keys for the stack itself."""

import click

from tools.session import Session, pass_session
from tools.stack_secrets import Which
from tools.stack_secrets import finish as finish_rotation
from tools.stack_secrets import rotate as begin_rotation

_NEXT = {
    Which.KEY: "Give the new key, which `rollcall key` prints, to all who ask.",
    Which.URLS: "Paste the new URLs, which `rollcall urls` prints, into the providers' dashboards.",
}


@click.command(
    epilog="""\b
Examples:
  rollcall rotate key              the new read key is accepted beside the old one
                                   ... give it to all who ask ...
  rollcall rotate key --finish     only the new one is accepted
  rollcall rotate urls             the new URLs are accepted beside the old ones; deploys the stack once more

\b
JSON: {"rotated", "finished"}"""
)
@click.argument("which", type=click.Choice([one.value for one in Which]), metavar="key|urls")
@click.option("--finish", is_flag=True, help="Accept only what the latest rotation has made.")
@pass_session
def command(session: Session, which: str, finish: bool) -> None:
    """Make a new read key, or new URLs of webhooks.

    The old and the new are accepted until --finish, so that nothing is refused meanwhile. For the secrets of a
    provider see `rollcall source rotate`.
    """
    chosen = Which(which)
    (finish_rotation if finish else begin_rotation)(session.stack, chosen, session.say)
    if session.is_json:
        session.show_json({"rotated": chosen, "finished": finish})
    elif finish:
        print("Only the new one is accepted, within five minutes.")
    else:
        print(f"Old and new are accepted. {_NEXT[chosen]}")
        print(f"Once nobody uses the old: `rollcall rotate {chosen} --finish`.")
