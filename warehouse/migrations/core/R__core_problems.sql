-- Problems of Dynatrace, from the events problem.opened, problem.resolved and problem.unrecognised: one row an
-- occurrence, since their ids are used again. What was told last counts; resolved stays resolved, in whatever order the
-- events came. TOLD_AT, RESOLVED_TOLD_AT: when it was heard, not when it was.

CREATE OR REPLACE VIEW CORE.PROBLEMS AS
WITH TOLD AS (
    SELECT
        COALESCE(EVENT:data:problem_id::VARCHAR, EVENT:subject::VARCHAR) AS PROBLEM_ID,
        TRY_CAST(EVENT:data:start_ms::VARCHAR AS BIGINT) AS START_MS,
        EVENT:id::VARCHAR AS EVENT_ID,
        EVENT:type::VARCHAR AS EVENT_TYPE,
        TRY_CAST(EVENT:time::VARCHAR AS TIMESTAMP_TZ) AS EVENT_TIME,
        EVENT:data AS DATA
    FROM RAW.EVENTS
    WHERE EVENT:type::VARCHAR IN ('problem.opened', 'problem.resolved', 'problem.unrecognised')
        AND EVENT:id::VARCHAR IS NOT NULL
),
WHOLE AS (
    SELECT
        *,
        MIN(EVENT_TIME) OVER (PARTITION BY PROBLEM_ID, START_MS) AS TOLD_AT,
        MIN(CASE WHEN EVENT_TYPE = 'problem.resolved' THEN EVENT_TIME END) OVER (
            PARTITION BY PROBLEM_ID, START_MS
        ) AS RESOLVED_TOLD_AT,
        MAX(CASE WHEN EVENT_TYPE = 'problem.resolved' THEN 1 ELSE 0 END) OVER (
            PARTITION BY PROBLEM_ID, START_MS
        ) AS IS_RESOLVED
    FROM TOLD
    WHERE PROBLEM_ID IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY PROBLEM_ID, START_MS ORDER BY EVENT_TIME DESC NULLS LAST, EVENT_ID DESC
    ) = 1
)
SELECT
    PROBLEM_ID,
    DATA:display_id::VARCHAR AS DISPLAY_ID,
    DATA:title::VARCHAR AS TITLE,
    DATA:impact::VARCHAR AS IMPACT,
    DATA:severity::VARCHAR AS SEVERITY,
    CASE WHEN IS_RESOLVED = 1 THEN 'RESOLVED' ELSE DATA:state::VARCHAR END AS STATE,
    DATEADD('millisecond', START_MS, '1970-01-01T00:00:00Z'::TIMESTAMP_TZ) AS STARTED_AT,
    TOLD_AT,
    RESOLVED_TOLD_AT,
    DATA:entities AS ENTITIES,
    DATA:url::VARCHAR AS URL
FROM WHOLE;
