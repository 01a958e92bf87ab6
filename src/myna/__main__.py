"""`python -m myna` is the `myna` command."""

import signal


def run() -> None:
    """Load the command line and run it. Ctrl-C ends the loading at once, without a word."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from myna.cli.app import main

    signal.signal(signal.SIGINT, handler)
    main()


if __name__ == "__main__":
    run()
