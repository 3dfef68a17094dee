-- Work items, from the events work_item.changed: one row an item, as its highest revision says. STARTED_AT is the
-- earliest of all revisions: work that began again began once. What each column means: docs/delivery-flow.md; the same
-- rules in Python: shared/domain/metrics/flow.py. LEFT_AT: when it was not in progress any more. It reads RAW and not CORE.EVENTS,
-- which puts all events in order: of one that came again any copy will do.

CREATE OR REPLACE VIEW CORE.WORK_ITEMS AS
WITH EVENTS AS (
    SELECT
        EVENT:id::VARCHAR AS EVENT_ID,
        EVENT:subject::VARCHAR AS SUBJECT,
        TRY_CAST(EVENT:time::VARCHAR AS TIMESTAMP_TZ) AS EVENT_TIME,
        EVENT:data AS DATA,
        LOADED_AT
    FROM RAW.EVENTS
    WHERE EVENT:type::VARCHAR = 'work_item.changed' AND EVENT:id::VARCHAR IS NOT NULL
),
TOLD AS (
    SELECT
        COALESCE(DATA:work_item_id::VARCHAR, SUBJECT) AS WORK_ITEM_ID,
        TRY_CAST(DATA:revision::VARCHAR AS BIGINT) AS REVISION,
        DATA:service::VARCHAR AS SERVICE,
        DATA:project::VARCHAR AS PROJECT,
        DATA:type::VARCHAR AS TYPE,
        DATA:state::VARCHAR AS STATE,
        DATA:category::VARCHAR AS CATEGORY,
        DATA:title::VARCHAR AS TITLE,
        TRY_CAST(DATA:planned::VARCHAR AS BOOLEAN) AS PLANNED,
        TRY_CAST(DATA:created_at::VARCHAR AS TIMESTAMP_TZ) AS CREATED_AT,
        TRY_CAST(DATA:started_at::VARCHAR AS TIMESTAMP_TZ) AS TOLD_STARTED_AT,
        TRY_CAST(DATA:completed_at::VARCHAR AS TIMESTAMP_TZ) AS TOLD_COMPLETED_AT,
        TRY_CAST(DATA:changed_at::VARCHAR AS TIMESTAMP_TZ) AS CHANGED_AT,
        DATA:source::VARCHAR AS SOURCE,
        EVENT_ID,
        EVENT_TIME,
        LOADED_AT
    FROM EVENTS
),
WHOLE AS (
    SELECT *, MIN(TOLD_STARTED_AT) OVER (PARTITION BY WORK_ITEM_ID) AS STARTED_AT
    FROM TOLD
    WHERE WORK_ITEM_ID IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY WORK_ITEM_ID
        ORDER BY REVISION DESC NULLS LAST, EVENT_TIME DESC NULLS LAST, EVENT_ID DESC, LOADED_AT
    ) = 1
)
SELECT
    WORK_ITEM_ID,
    REVISION,
    SERVICE,
    PROJECT,
    TYPE,
    STATE,
    CATEGORY,
    TITLE,
    PLANNED,
    CREATED_AT,
    STARTED_AT,
    CASE WHEN CATEGORY = 'completed' THEN TOLD_COMPLETED_AT END AS COMPLETED_AT,
    CASE
        WHEN CATEGORY = 'completed' THEN COALESCE(TOLD_COMPLETED_AT, CHANGED_AT)
        WHEN CATEGORY IN ('proposed', 'removed') THEN CHANGED_AT
    END AS LEFT_AT,
    CHANGED_AT,
    SOURCE,
    CASE WHEN CATEGORY = 'completed' AND TOLD_COMPLETED_AT >= STARTED_AT
        THEN DATEDIFF('microsecond', STARTED_AT, TOLD_COMPLETED_AT) / 1000000.0
    END::FLOAT AS CYCLE_SECONDS,
    LOADED_AT
FROM WHOLE;
