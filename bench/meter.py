"""How much memory a process has had at most, as Linux keeps it: VmHWM of /proc/<pid>/status."""

from pathlib import Path

_RESET_PEAK = "5"


class Memory:
    """One process. All sizes in MB (10^6 bytes) of resident memory."""

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

    def _read_mb(self, name: str) -> float:
        lines = (self._folder / "status").read_text().splitlines()
        (kibibytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
        return round(int(kibibytes) * 1024 / 1_000_000, 1)
