# The agent itself: keeps its own node in the catalog, and compares the services that it holds with those that are there.
node "consul" { policy = "write" }
service_prefix "" { policy = "read" }
