"""The durable backend: a TaskHubSidecarService in a process of its own, its whole state in one SQLite file.

wire/                       gRPC over HTTP/2, on the event loop
server                      the protocol's methods
answers  management  queries  entity_queries  purging  rewinding
                            what workers and clients ask for
orchestrations  actions  activities  entities  locks  timers  inbox  lifetimes  instances  history
                            what that changes: plain functions of a Step
commits  store  schema.sql  transactions, and the file
dispatch  streams  waiters  clock  hub
                            what happens in memory once a transaction is on disk
"""
