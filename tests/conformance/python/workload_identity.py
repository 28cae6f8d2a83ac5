"""azure-identity's workload identity credential against a token endpoint, and azure-iot-hub with the token it gives.

The environment is that of a pod with workload identity: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE
and AZURE_AUTHORITY_HOST."""

import os
import pathlib
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import WorkloadIdentityCredential
from azure.iot.hub import IoTHubConfigurationManager
from azure.iot.hub.models import Configuration, ConfigurationContent

from suite import CONTENTS, FIELDS, PREFIX, Suite, call, holds, refused, same

suite = Suite("identity")
SCOPE = "https://iothubs.azure.net/.default"
NAME = PREFIX + "bearer"


class FixedCredential:
    """A credential with one token for ever."""

    def get_token(self, *scopes, **_):
        return AccessToken("not.a.token", int(time.time()) + 3600)


def credential(**named):
    return WorkloadIdentityCredential(disable_instance_discovery=True, **named)


def manager(source):
    return IoTHubConfigurationManager.from_token_credential(FIELDS["HostName"], source)


@suite.check("the service account's token is exchanged for an access token of about an hour")
def _():
    token = credential().get_token(SCOPE)
    holds("a token", token.token)
    left = token.expires_on - time.time()
    holds(f"an end in 3000 to 90000 seconds, and it is {left:.0f}", 3000 <= left <= 90000)


@suite.check("configurations with a Bearer token: create, list, delete")
def _():
    hub = manager(credential())
    content = ConfigurationContent(modules_content=CONTENTS["layered"]["modulesContent"])
    created = call(hub.create_configuration, Configuration(id=NAME, content=content, target_condition=""))
    same("etag", created.etag, "MQ==")
    holds(f"{NAME} in the list", NAME in [one.id for one in call(hub.get_configurations)])
    call(hub.delete_configuration, NAME)
    refused(404, "ConfigurationNotFound", hub.get_configuration, NAME)


@suite.check("a Bearer token that the hub never heard of: 401 IotHubUnauthorized")
def _():
    refused(401, "IotHubUnauthorized", manager(FixedCredential()).get_configurations)


@suite.check("a file that holds no token of the service account: invalid_client, told as ClientAuthenticationError")
def _():
    wrong = pathlib.Path(os.environ["CONFORMANCE_FOLDER"]) / "no-token"
    wrong.write_text("not-a-token")
    try:
        credential(token_file_path=str(wrong)).get_token(SCOPE)
    except ClientAuthenticationError as error:
        holds(f"AADSTS in the message, and it is {error.message!r}", "AADSTS" in str(error))
    else:
        holds("ClientAuthenticationError", False)


if __name__ == "__main__":
    sys.exit(suite.run())
