"""Timer: load what the archive has landed into Snowflake's RAW.EVENTS, type it into FACT, and keep the marts fresh.

Late or missed runs catch up by themselves: what was loaded and not typed yet, or typed and not in the marts, is so with
the next one.
"""

import logging

import azure.durable_functions as df
import azure.functions as func

from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)


@bp.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
async def load_warehouse(timer: func.TimerRequest) -> None:
    from shared.loading import load_landing
    from shared.marts import refresh_if_due

    if not services().settings.snowflake_account:
        log.info("no warehouse is configured")
        return
    report = await load_landing(services().blob, services().warehouse)
    log.info("warehouse: %s", report)
    log.info("warehouse: %d tables computed anew", await refresh_if_due(services().warehouse))
