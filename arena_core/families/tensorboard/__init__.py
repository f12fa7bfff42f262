"""A TensorBoard beside the job: what is made for it (``objects``)."""
