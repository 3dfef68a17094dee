"""The causal detector: departures from what is usual at their time, found in past and present samples only.

Pure. Each sample's departure (shared.domain.watch.seasons) goes into three moving averages: a quick one for spikes and
dips, one of minutes for shifts, one of an hour for drifts and slow burns. An average so many spreads away for so long
begins an anomaly, which ends when the signal was calm for a while.
"""

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from shared.domain.watch.seasons import MINUTE_MS, SLOT_MS, Baseline, usual
from shared.domain.watch.sensitivity import Sensitivity
from shared.domain.watch.signals import Signal, scaled, unscaled

SILENCE = "silence"

_WARM_UP = 15
_CLIP = 8.0
_GAP_MINUTES = 5
_SILENT_MINUTES = 15
_CALM_MINUTES = 10
_AGAIN_MS = 45 * MINUTE_MS
_SLOWEST_NOISE = 1 / 60
_HALF_SLOT_MS = SLOT_MS // 2


class _Channel(NamedTuple):
    """One moving average. share: of a new sample; of_threshold, of_minutes: against the tier's; least: minutes held."""

    kinds: tuple[str, str]
    share: float
    of_threshold: float
    of_minutes: float
    least: int


_QUICK = _Channel(("spike", "dip"), 0.5, 1.0, 1, 2)
_MINUTES = _Channel(("shift", "shift"), 0.067, 0.9, 1.5, 5)
_HOUR = _Channel(("drift", "drift"), 0.0115, 0.8, 3, 15)
_CHANNELS = (_QUICK, _MINUTES, _HOUR)
_QUICK_SHARE, _MINUTES_SHARE, _HOUR_SHARE = (channel.share for channel in _CHANNELS)
_KEPT_NOISE = tuple(channel.share / (2 - channel.share) for channel in _CHANNELS)
"""How much of a sample's own variance is left in each average."""


@dataclass
class Anomaly:
    """kind: spike, dip, shift, drift or silence, as it began. told_ms: when known; until_ms: None while it lasts."""

    kind: str
    side: str
    since_ms: int
    told_ms: int
    until_ms: int | None = None


class Detector:
    """Sees one sample after the other. anomalies: those so far; current: the one that lasts."""

    def __init__(self, signal: Signal, baseline: Baseline, sensitivity: Sensitivity) -> None:
        self._signal, self._baseline, self._least_change = signal, baseline, sensitivity.least_change
        self._limits = [(sensitivity.threshold * channel.of_threshold) ** 2 for channel in _CHANNELS]
        self._holds = [
            max(channel.least, round(sensitivity.minutes * channel.of_minutes)) for channel in _CHANNELS
        ]
        self._up, self._down = signal.side != "down", signal.side != "up"
        self._averages, self._over = (0.0, 0.0, 0.0), [0, 0, 0]
        self._noise = self._last_rest = 0.0
        self._samples = self._calm = self._silent = self._channel = 0
        self._usual: tuple[int, float, float, float] = (-1, 0.0, 0.0, 0.0)
        self._far = 0.0
        self.newest_ms: int | None = None
        self.anomalies: list[Anomaly] = []
        self.current: Anomaly | None = None

    def renew(self, baseline: Baseline) -> None:
        """Go on with a younger baseline."""
        self._baseline, self._usual = baseline, (-1, 0.0, 0.0, 0.0)

    def see(self, at_ms: int, value: float | None) -> None:
        """The next sample, by time; None where its minute has none."""
        if value is None:
            self._miss(at_ms, 1)
            return
        if self.newest_ms is not None and at_ms > self.newest_ms + MINUTE_MS:
            self._miss(at_ms - MINUTE_MS, (at_ms - self.newest_ms) // MINUTE_MS - 1 - self._silent)
        self._silent, self.newest_ms = 0, at_ms
        level, spread = self._level(at_ms)
        rest = scaled(self._signal, value) - level
        self._learn_noise(rest, spread)
        noise = self._noise * self._noise
        most = max(_CLIP * sqrt(spread * spread + noise), self._far)
        clipped = most if rest > most else -most if rest < -most else rest
        quick, minutes, hour = self._averages
        quick += _QUICK_SHARE * (clipped - quick)
        minutes += _MINUTES_SHARE * (clipped - minutes)
        hour += _HOUR_SHARE * (clipped - hour)
        self._averages = (quick, minutes, hour)
        self._samples += 1
        known, (first, second, third) = spread * spread, self._limits
        quiet = (
            quick * quick < first * (known + noise * _KEPT_NOISE[0])
            and minutes * minutes < second * (known + noise * _KEPT_NOISE[1])
            and hour * hour < third * (known + noise * _KEPT_NOISE[2])
        )
        if quiet and self.current is None:  # nearly always: a fleet's samples pass here
            self._over = [0, 0, 0]
        elif self._samples > _WARM_UP:
            self._judge(at_ms, level, known, noise)

    def compare(self, at_ms: int, value: float) -> tuple[float, float]:
        """(what is usual then in the signal's unit, how many spreads the value is away from it)."""
        level, spread = self._level(at_ms)
        width = sqrt(spread * spread + self._noise * self._noise * _KEPT_NOISE[0]) or 1e-9
        return unscaled(self._signal, level), (scaled(self._signal, value) - level) / width

    def _level(self, at_ms: int) -> tuple[float, float]:
        """`usual`, asked once per slot of the baseline: in between it is a straight line."""
        slot, level, slope, spread = self._usual
        found = (at_ms - _HALF_SLOT_MS) // SLOT_MS
        if found != slot:
            begins = found * SLOT_MS + _HALF_SLOT_MS
            level, spread = usual(self._baseline, begins)
            slope = (usual(self._baseline, begins + SLOT_MS)[0] - level) / SLOT_MS
            self._usual = (found, level, slope, spread)
            self._far = self._clearly_far(level)
        return level + slope * (at_ms - found * SLOT_MS - _HALF_SLOT_MS), spread

    def _clearly_far(self, level: float) -> float:
        """On the scale: three times the least departure that matters. Of what is farther off, no more counts."""
        expected = unscaled(self._signal, level)
        least = max(self._signal.least, self._least_change * abs(expected))
        return scaled(self._signal, expected + 3 * least) - scaled(self._signal, expected)

    def _learn_noise(self, rest: float, spread: float) -> None:
        """How much neighbouring samples differ. One that is far off counts as a few spreads, not as what it is."""
        step = abs(rest - self._last_rest) / 1.128
        self._last_rest = rest
        if self._samples > _WARM_UP:
            most = 3 * self._noise
            self._noise += (step - self._noise if step < most else most - self._noise) * _SLOWEST_NOISE
        elif self._samples:
            most = 3 * max(self._noise, spread)
            self._noise += (min(step, most) - self._noise) / (self._samples + 1)
        else:
            self._noise = spread

    def _judge(self, at_ms: int, level: float, spread: float, noise: float) -> None:
        """spread, noise and limits: squared."""
        begun: int | None = None
        over, limits = self._over, self._limits
        for index in (0, 1, 2):
            average, limit = self._averages[index], limits[index]
            if (
                average * average >= limit * (spread + noise * _KEPT_NOISE[index])
                and (self._up if average > 0 else self._down)
                and self._matters(level, average)
            ):
                over[index] += 1
                if begun is None and over[index] >= self._holds[index]:
                    begun = index
            else:
                over[index] = 0
        if self.current is not None:
            if begun is not None:
                self._calm, self._channel = 0, min(self._channel, begun)
            else:
                self._calm_down(at_ms, spread, noise)
        elif begun is not None:
            self._begin(at_ms, begun)

    def _matters(self, level: float, departure: float) -> bool:
        expected = unscaled(self._signal, level)
        change = abs(unscaled(self._signal, level + departure) - expected)
        return change >= max(self._signal.least, self._least_change * abs(expected))

    def _begin(self, at_ms: int, index: int) -> None:
        side = "up" if self._averages[index] > 0 else "down"
        since = at_ms - (self._over[index] - 1) * MINUTE_MS
        kind = _CHANNELS[index].kinds[side == "down"]
        self._channel = index
        self._open(Anomaly(kind, side, since, at_ms))

    def _open(self, found: Anomaly) -> None:
        """One that comes back soon goes on: it is not told again."""
        last = self.anomalies[-1] if self.anomalies else None
        if last and last.until_ms is not None and found.since_ms - last.until_ms <= _AGAIN_MS:
            last.until_ms, found = None, last
        else:
            self.anomalies.append(found)
        self.current, self._calm = found, 0

    def _calm_down(self, at_ms: int, spread: float, noise: float) -> None:
        """It is over when the averages that hold it were within half of their limits for a while."""
        for index in range(self._channel + 1):
            average, limit = self._averages[index], self._limits[index] / 4
            if average * average >= limit * (spread + noise * _KEPT_NOISE[index]) and (
                self._up if average > 0 else self._down
            ):
                self._calm = 0
                return
        self._calm += 1
        if self._calm >= _CALM_MINUTES:
            self._end(at_ms - (_CALM_MINUTES - 1) * MINUTE_MS)

    def _end(self, at_ms: int) -> None:
        assert self.current is not None
        self.current.until_ms, self.current = at_ms, None
        quick = self._averages[0]
        self._averages, self._over = (quick, quick / 2, 0.0), [0, 0, 0]

    def _miss(self, at_ms: int, minutes: int) -> None:
        """Minutes without a sample, up to at_ms."""
        if minutes <= 0:
            return
        self._silent += minutes
        if self._silent >= _GAP_MINUTES:
            _, middle, slow = self._averages
            self._over, self._averages = [0, 0, 0], (middle, middle, slow)
        silent = self._silent >= _SILENT_MINUTES and self.current is None and self._samples > _WARM_UP
        if silent and self._signal.expects_traffic and self._has_traffic(at_ms):
            since = at_ms - (self._silent - 1) * MINUTE_MS
            self._open(Anomaly(SILENCE, "down", since, at_ms))

    def _has_traffic(self, at_ms: int) -> bool:
        level, spread = usual(self._baseline, at_ms)
        return unscaled(self._signal, level - 4 * spread) >= self._signal.least
