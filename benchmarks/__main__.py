"""Prints every table."""

from benchmarks import hubspot_server, ledger, main_job, salesforce_pull, write_path

main_job.report()
salesforce_pull.report()
hubspot_server.report()
write_path.report()
ledger.report()
