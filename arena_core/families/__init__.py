"""What several job types share: the Training Operator's kinds, Kueue, gangs. The core beneath and above knows none of them."""
