"""What a process has used, as Linux keeps it under /proc/<pid>: memory now and at most, processor time."""

import os
from pathlib import Path

_RESET_PEAK = "5"


class Meter:
    """One process. Sizes in MB (10^6 bytes) of resident memory."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc") / str(pid)

    def forget_peak(self) -> None:
        """Begin to look for the peak from now on."""
        (self._folder / "clear_refs").write_text(_RESET_PEAK)

    @property
    def now_mb(self) -> float:
        return self._read_mb("VmRSS")

    @property
    def peak_mb(self) -> float:
        """Since `forget_peak`."""
        return self._read_mb("VmHWM")

    @property
    def cpu_s(self) -> float:
        """Processor seconds since it began, of all its threads."""
        after_name = (self._folder / "stat").read_text().rpartition(")")[2].split()
        in_user, in_kernel = map(int, after_name[11:13])
        return (in_user + in_kernel) / os.sysconf("SC_CLK_TCK")

    def _read_mb(self, name: str) -> float:
        lines = (self._folder / "status").read_text().splitlines()
        (kibibytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
        return round(int(kibibytes) * 1024 / 1_000_000, 1)
