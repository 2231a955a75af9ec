# Sees the instances of the services that its template names: one line for each. An instance is seen by who may read
# both its service and the node that it is registered on.
service "web" { policy = "read" }
node "consul" { policy = "read" }
