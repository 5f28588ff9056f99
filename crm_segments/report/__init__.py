"""The report: one HTML file that holds everything, needs no network and runs only its own script."""

from crm_segments.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
