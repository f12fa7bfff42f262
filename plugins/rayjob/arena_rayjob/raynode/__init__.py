"""The ``ray`` of the pods of the local cluster: the real one on an address of its own, or a stand-in where there is none.

It runs in a pod, under whatever Python 3 is on its PATH, so that it needs the standard library alone.
"""
