"""What several benchmarks are made of: answers made beforehand, databases and people, a load of clients, and what processes use."""
