"""What keeps the host from starting, told all at once."""


class StartRefused(Exception):
    """The app or its settings are not fit to run; Azure would refuse them too.

    faults: one sentence each, saying what is wrong and where.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
