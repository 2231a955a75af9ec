# Registers, sends heartbeats and leaves under its own service's name, and sees and touches nothing else.
service "${SERVICE_NAME}" { policy = "write" }
