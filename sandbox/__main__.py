"""python -m sandbox up|demo|status|env|reset|fault: the embedded platform's one door."""

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = _parser().parse_args(arguments)
    match given.command:
        case "up":
            from sandbox.platform.up import up

            return up(given)
        case "demo":
            from sandbox.demo.play import demo

            return demo(given)
        case "status":
            from sandbox.platform.status import status

            return status(given)
        case "env":
            from sandbox.platform.environment import environment

            return environment(given)
        case "reset":
            from sandbox.platform.status import reset

            return reset(given)
        case _:
            from sandbox.platform.fault import fault

            return fault(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state", type=Path, metavar="DIR", help="state folder (default: VALUEFLOW_STATE, else .sandbox)"
    )

    up = commands.add_parser("up", parents=[common], help="start the platform and keep it")
    demo = commands.add_parser("demo", parents=[common], help="start the platform and play the scenarios")
    for each in (up, demo):
        each.add_argument(
            "--port", type=int, help="of the function app (default: the last one, or a free one)"
        )
        each.add_argument("--console-port", type=int, help="of the page")
        each.add_argument("--language", choices=("pt-BR", "en"), default="pt-BR", help="of cards and tickets")
    up.add_argument(
        "--setting",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the app (shared/settings.py), or AzureWebJobs.<function>.Disabled=true, for this start "
        "(may be repeated)",
    )
    up.add_argument("--json", action="store_true", help="every address and key as one JSON document")
    up.add_argument("--with-parent", action="store_true", help="stop when stdin, a pipe, is closed")
    demo.add_argument("--stay", action="store_true", help="leave the platform up afterwards")
    demo.add_argument("--report", type=Path, metavar="FILE", help="default: build/demo-report.json")
    demo.add_argument("--only", metavar="NAME", action="append", help="play this scenario (may be repeated)")

    status = commands.add_parser("status", parents=[common], help="what runs, where, and how well")
    status.add_argument("--json", action="store_true")
    env = commands.add_parser(
        "env", parents=[common], help="the app's address and a token, for a shell to evaluate"
    )
    env.add_argument(
        "--client",
        choices=("backstage", "operator"),
        default="backstage",
        help="whose token: who asks (default), or who runs it",
    )
    reset = commands.add_parser("reset", parents=[common], help="empty the platform's state")
    reset.add_argument("--force", action="store_true", help="stop the platform first if it runs")

    fault = commands.add_parser("fault", parents=[common], help="make a vendor misbehave")
    fault.add_argument("vendor", nargs="?")
    fault.add_argument("operation", nargs="?", help='name or pattern such as "*"')
    fault.add_argument("kind", nargs="?", help="latency, status, drop, hold, lost_reply, malformed")
    fault.add_argument("--seconds", type=float, help="how long latency, hold or lost_reply waits")
    fault.add_argument("--status", type=int, help="the answer's status, 503 unless told")
    fault.add_argument("--retry-after", type=float, metavar="SECONDS")
    fault.add_argument("--times", type=int, help="how many requests suffer it")
    fault.add_argument("--skip", type=int, help="how many requests are let through first")
    fault.add_argument("--for", dest="for_seconds", type=float, metavar="SECONDS", help="how long it lasts")
    fault.add_argument("--list", action="store_true", help="operations, kinds, and faults in force")
    fault.add_argument("--clear", action="store_true", help="end all faults (of VENDOR)")
    return parser


def _setting(text: str) -> tuple[str, str]:
    from sandbox.platform.app_settings import given_setting

    try:
        return given_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
