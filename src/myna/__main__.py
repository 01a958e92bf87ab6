"""`python -m myna` is the `myna` command."""

from myna.cli.app import main

main()
