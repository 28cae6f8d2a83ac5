"""Changed content against an emulator that refuses it, the other of the two manners that were seen of the service."""

import sys

from checks_configurations import MAIN, body, put, put_refused, tidy
from suite import CONTENTS, Suite, call, configurations, same

suite = Suite("python")


@suite.check("an update with other content: 400 CannotModifyImmutableConfigurationContent; with the same: 200")
def _():
    put(body(MAIN))
    put_refused(400, "CannotModifyImmutableConfigurationContent", body(MAIN, content="base"), "*")
    stored = call(configurations.get_configuration, MAIN)
    same("content stored", stored.content.modules_content, CONTENTS["layered"]["modulesContent"])
    same("etag", put(body(MAIN, priority=11), '"MQ=="')[1], '"Mg=="')


if __name__ == "__main__":
    try:
        sys.exit(suite.run())
    finally:
        tidy()
