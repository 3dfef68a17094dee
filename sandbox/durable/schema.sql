-- The state file's tables; what an execution is: store.py.

CREATE TABLE instances (
    execution INTEGER PRIMARY KEY,
    instance_id TEXT NOT NULL UNIQUE,
    execution_id TEXT NOT NULL,        -- the protocol's name for the execution
    name TEXT NOT NULL,
    version TEXT,
    status INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    scheduled_us INTEGER,              -- not before
    completed_us INTEGER,
    steps INTEGER NOT NULL DEFAULT 0,  -- rows in history
    custom_status TEXT,
    trace BLOB,                        -- OrchestrationTraceContext, as the worker last gave it
    parent_execution INTEGER,
    parent_task INTEGER,
    parent_id TEXT
);
CREATE INDEX instances_by_time ON instances (created_us, execution);
CREATE INDEX instances_by_parent ON instances (parent_execution) WHERE parent_execution IS NOT NULL;

CREATE TABLE payloads (                -- apart, so that a step does not rewrite a large input
    execution INTEGER PRIMARY KEY,
    input TEXT,
    output TEXT,
    failure BLOB,                      -- TaskFailureDetails
    started BLOB NOT NULL              -- the ExecutionStartedEvent
);

CREATE TABLE history (                 -- append-only: one row a step, see history.py
    execution INTEGER NOT NULL,
    step INTEGER NOT NULL,
    events BLOB NOT NULL,
    PRIMARY KEY (execution, step)
) WITHOUT ROWID;

CREATE TABLE inbox (                   -- events a worker has not yet answered for
    execution INTEGER NOT NULL,
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- the HistoryEvent's filled field
    event BLOB NOT NULL,
    PRIMARY KEY (execution, id)
) WITHOUT ROWID;

CREATE TABLE tasks (                   -- activities without a result
    execution INTEGER NOT NULL,
    step INTEGER NOT NULL,             -- that scheduled it: a retry has its predecessor's task id
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    item BLOB NOT NULL,                -- WorkItem without its completion token
    PRIMARY KEY (execution, step, task_id)
) WITHOUT ROWID;

CREATE TABLE timers (
    due_us INTEGER NOT NULL,
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- fire, start, signal: see timers.py
    execution INTEGER,
    entity_id TEXT,
    event BLOB,
    PRIMARY KEY (due_us, id)
) WITHOUT ROWID;
CREATE INDEX timers_by_execution ON timers (execution) WHERE execution IS NOT NULL;

CREATE TABLE entities (
    entity_id TEXT PRIMARY KEY,
    state TEXT,
    modified_us INTEGER NOT NULL,
    section TEXT,                      -- critical section that holds it
    holder TEXT                        -- instance id of that section
) WITHOUT ROWID;

CREATE TABLE operations (              -- signals and calls an entity has not yet answered for
    entity_id TEXT NOT NULL,
    id INTEGER NOT NULL,
    caller TEXT,                       -- instance id, for calls
    caller_execution INTEGER,
    event BLOB NOT NULL,
    PRIMARY KEY (entity_id, id)
) WITHOUT ROWID;

CREATE TABLE locks (
    id INTEGER PRIMARY KEY,
    section TEXT NOT NULL UNIQUE,
    execution INTEGER NOT NULL,
    instance_id TEXT NOT NULL,
    entities TEXT NOT NULL,            -- JSON array of entity ids
    granted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX locks_by_execution ON locks (execution);
