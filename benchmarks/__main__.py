"""Prints every table."""

from benchmarks import ledger, main_job, write_path

main_job.report()
write_path.report()
ledger.report()
