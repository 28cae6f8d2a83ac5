"""azure-iot-hub against the hub of HUB_CONNECTION_STRING; one line for each check. See ../README.md."""

import sys

import checks_configurations
import checks_devices


def main():
    try:
        status = checks_configurations.suite.run()
        return checks_devices.suite.run() or status
    finally:
        checks_configurations.tidy()
        checks_devices.tidy()


if __name__ == "__main__":
    sys.exit(main())
