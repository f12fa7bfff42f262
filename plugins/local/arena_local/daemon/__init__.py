"""The process that is the local cluster: state folder, assembly, life and death."""
