"""The queues of Kueue and Volcano, read into the same words. Pure and total."""
