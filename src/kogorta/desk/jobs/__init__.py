"""Work for machines: leases, heartbeats, fencing tokens, progress, retries, schedules."""
