"""Where the processes of a running job are: their Python stacks, read through exec and told in a sentence."""
