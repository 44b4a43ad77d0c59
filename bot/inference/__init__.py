"""The job queue, and the workers that run the jobs."""
