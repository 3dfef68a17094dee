-- KEPT is kept fresh by the app: what it runs stands in KEPT.STATEMENTS (written by `python -m warehouse migrate`), whether it
-- must and who is at it in KEPT.REFRESHES. Some tables of old are views or have other columns now: the next refresh makes all.

DROP SCHEMA IF EXISTS KEPT;
CREATE SCHEMA IF NOT EXISTS KEPT;

-- NUMBER: the order in which they are run. Each makes one table or view.
CREATE TABLE IF NOT EXISTS KEPT.STATEMENTS (NUMBER INTEGER NOT NULL, NAME VARCHAR NOT NULL, STATEMENT VARCHAR NOT NULL);

-- One row. TYPED_UNTIL: what was loaded until then is in the last refresh that came to its end; READS_UNTIL: in the one that
-- HELD_BY works at now. Whose HELD_UNTIL is over has died.
CREATE TABLE IF NOT EXISTS KEPT.REFRESHES (
    TYPED_UNTIL TIMESTAMP_LTZ NOT NULL,
    READS_UNTIL TIMESTAMP_LTZ,
    ENDED_AT TIMESTAMP_LTZ,
    HELD_BY VARCHAR,
    HELD_UNTIL TIMESTAMP_LTZ NOT NULL
);
INSERT INTO KEPT.REFRESHES (TYPED_UNTIL, HELD_UNTIL)
SELECT '1970-01-01T00:00:00Z'::TIMESTAMP_LTZ, '1970-01-01T00:00:00Z'::TIMESTAMP_LTZ
WHERE NOT EXISTS (SELECT 1 FROM KEPT.REFRESHES);
