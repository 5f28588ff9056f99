"""Prints every table."""

from benchmarks import main_job, write_path

main_job.report()
write_path.report()
