"""Reports: made by a job, kept as files, read in the desk, downloaded, made by themselves each week or month."""
