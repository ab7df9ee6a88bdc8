"""A DynamoDB in this process's memory, fast and exact about what it bills: see `tools.memory_dynamodb.client`."""

from tools.memory_dynamodb.client import MemoryDynamoDB

__all__ = ["MemoryDynamoDB"]
