"""`divmon` and `python -m divmon`."""

from divmon.cli.run import main

if __name__ == "__main__":
    main()
