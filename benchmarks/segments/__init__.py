"""Do the segments hold? Measured against known truth, beside the pipeline that most teams would write.

The truth is read here and in tests only; the product is given what a CRM holds.
"""
