# Registers, beats and leaves under its own service's name, and sees and touches nothing else.
service "${SERVICE_NAME}" { policy = "write" }
