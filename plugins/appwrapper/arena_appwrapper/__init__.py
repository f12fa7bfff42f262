"""AppWrapper around any other job type, with Kueue queues and retries."""
