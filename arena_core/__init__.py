"""The core of Arena: the contract of a job type, and the use cases that work with any of them.

Importing this package imports nothing else: every command pays only for what it uses.
"""

__version__ = "0.1.0"
