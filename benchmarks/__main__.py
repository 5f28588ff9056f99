"""Prints every table."""

from benchmarks import ledger, main_job, salesforce_pull, write_path

main_job.report()
salesforce_pull.report()
write_path.report()
ledger.report()
