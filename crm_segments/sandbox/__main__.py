"""`python -m crm_segments.sandbox`."""

import sys

from crm_segments.sandbox.rehearse import main

if __name__ == "__main__":
    sys.exit(main())
