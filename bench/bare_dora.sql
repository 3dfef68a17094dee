-- The DORA figures of a day, week and month as somebody would write them over clean Parquet, for DuckDB alone. :folder is
-- replaced.
WITH deployed AS (
    SELECT *, CAST(finished_at AS DATE) AS day, how = 'rollback' AS is_rollback, result = 'succeeded' AS succeeded
    FROM ':folder/deployments.parquet'
),
marked AS (
    SELECT *,
        last_value(CASE WHEN NOT is_rollback AND succeeded THEN deployment_id END IGNORE NULLS) OVER (
            PARTITION BY service, environment ORDER BY finished_at, deployment_id
        ) AS stands
    FROM deployed
),
rolled_back AS (
    SELECT stands AS deployment_id, min(CASE WHEN succeeded THEN finished_at END) AS taken_back_at
    FROM marked WHERE is_rollback AND stands IS NOT NULL GROUP BY stands
),
living AS (SELECT service, environment, deployment_id, is_rollback, started_at FROM deployed WHERE succeeded),
laid AS (
    SELECT d.deployment_id, count(*) AS incidents, count(i.mitigated_at) AS mitigated, max(i.mitigated_at) AS mitigated_at
    FROM ':folder/incidents.parquet' AS i
    ASOF JOIN living AS d ON i.service = d.service AND i.started_at >= d.started_at
    WHERE NOT d.is_rollback AND i.started_at < d.started_at + INTERVAL 24 HOUR AND d.environment = 'production'
    GROUP BY d.deployment_id
),
judged AS (
    SELECT d.*, r.deployment_id IS NOT NULL OR l.deployment_id IS NOT NULL AS blamed,
        coalesce(r.taken_back_at, CASE WHEN l.incidents = l.mitigated THEN l.mitigated_at END) AS recovered_at
    FROM deployed AS d LEFT JOIN rolled_back AS r USING (deployment_id) LEFT JOIN laid AS l USING (deployment_id)
    WHERE d.is_rollback AND d.succeeded OR NOT d.is_rollback AND (d.succeeded OR r.deployment_id IS NOT NULL OR l.deployment_id IS NOT NULL)
),
ordered AS (
    SELECT service, commit, row_number() OVER (PARTITION BY service ORDER BY merged_at, change_id) AS place
    FROM ':folder/changes.parquet'
),
reaching AS (
    SELECT d.service, d.environment, d.finished_at, d.day, max(o.place) OVER (
        PARTITION BY d.service, d.environment ORDER BY d.finished_at, d.deployment_id
    ) AS reached
    FROM deployed AS d JOIN ordered AS o ON d.service = o.service AND d.commit = o.commit
    WHERE d.succeeded AND NOT d.is_rollback
),
brought AS (
    SELECT o.commit, r.service, r.environment, r.day, r.finished_at
    FROM ordered AS o ASOF JOIN reaching AS r ON o.service = r.service AND o.place <= r.reached
),
grains AS (SELECT unnest(['day', 'week', 'month']) AS grain),
dated AS (
    SELECT day, grain, CASE grain WHEN 'day' THEN day WHEN 'week' THEN CAST(date_trunc('week', day) AS DATE)
        ELSE CAST(date_trunc('month', day) AS DATE) END AS period
    FROM (SELECT CAST(unnest(generate_series(DATE '2023-01-01', DATE '2026-12-31', INTERVAL 1 DAY)) AS DATE) AS day), grains
),
leads AS (
    SELECT b.service, b.environment, g.grain, g.period, count(*) AS commits,
        quantile_cont(epoch(b.finished_at - c.committed_at), [0.5, 0.9]) AS lead
    FROM ':folder/commits.parquet' AS c JOIN brought AS b ON c.change_commit = b.commit JOIN dated AS g USING (day)
    GROUP BY ALL
),
counted AS (
    SELECT service, environment, g.grain, g.period,
        count(*) FILTER (NOT is_rollback) AS deployments,
        count(*) FILTER (NOT is_rollback AND succeeded) AS successful,
        count(*) FILTER (NOT is_rollback AND blamed) AS failed, count(*) FILTER (is_rollback) AS rollbacks,
        quantile_cont(CASE WHEN blamed AND recovered_at >= finished_at THEN epoch(recovered_at - finished_at) END,
            [0.5, 0.9]) AS recovery
    FROM judged JOIN dated AS g USING (day) GROUP BY ALL
),
calendar AS (
    SELECT service, environment,
        CAST(unnest(generate_series(min(day), (SELECT max(day) FROM judged), INTERVAL 1 DAY)) AS DATE) AS day
    FROM judged GROUP BY service, environment
),
observed AS (
    SELECT service, environment, g.grain, g.period, count(*) AS observed_days
    FROM calendar JOIN dated AS g USING (day) GROUP BY ALL
)
SELECT grain, period, service, environment, observed_days, coalesce(deployments, 0) AS deployments,
    coalesce(successful, 0) AS successful, coalesce(successful, 0) / observed_days AS deployments_per_day,
    coalesce(failed, 0) AS failed, failed / nullif(deployments, 0) AS fail_rate,
    coalesce(rollbacks, 0) AS rollbacks, rollbacks / (deployments + rollbacks) AS rework_rate,
    coalesce(commits, 0) AS commits, lead[1] AS lead_median_s, lead[2] AS lead_p90_s,
    recovery[1] AS recovery_median_s, recovery[2] AS recovery_p90_s
FROM observed LEFT JOIN counted USING (service, environment, grain, period)
LEFT JOIN leads USING (service, environment, grain, period)
