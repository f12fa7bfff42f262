"""What a namespace's owner has set up and new objects must keep: LimitRanges, Pod Security, ResourceQuotas."""
