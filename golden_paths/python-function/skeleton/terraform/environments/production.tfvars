location            = "brazilsouth"
storage_replication = "ZRS"
zone_redundant      = true
log_retention_days  = 90
