"""MPIJob of the Kubeflow MPI Operator: programs that mpirun starts on several pods."""
