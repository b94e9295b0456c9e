"""`divmon` and `python -m divmon`."""

import gc

# What is imported stays: collecting it again and again takes a tenth of the time to the
# first frame. `memory.collect_garbage` turns collection on once there is work to do.
gc.disable()

from divmon.cli.run import main  # noqa: E402 (see above)

if __name__ == "__main__":
    main()
