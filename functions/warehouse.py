"""Timer: load what the archive has landed into Snowflake's RAW.EVENTS, and type it into FACT.

Late or missed runs catch up by themselves; what was loaded and not typed is typed with the next load.
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

    if not services().settings.snowflake_account:
        log.info("no warehouse is configured")
        return
    report = await load_landing(services().blob, services().warehouse)
    log.info("warehouse: %s", report)
    if report.rows:
        await services().warehouse.type_events()
