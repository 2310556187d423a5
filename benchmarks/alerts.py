"""Measures the way of an alert: how long it takes to the mail server, and that each arrives, once.

loopback  the real daemon and a mail server beside it, with TLS and login: from the frame that opened an event to the
          server's yes, both by the clock of this machine
link      the same over a slow link between two networks of this kernel, each mail with a new TLS connection. This
          program carries the packets, delays, paces and loses them: netem, which many kernels lack, is not needed
kills     kill -9 of the daemon at random points while it is armed, with a mail server that is away half of the time
outage    a day without network and a power cut in it, in process, with a clock that is moved by hand
backlog   alerts that all leave at once: memory of the daemon, and frames its camera loses meanwhile
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.daemon import percentile
from benchmarks.figures import RESULTS, Figure, check_writable, machine, whole_number
from benchmarks.post import chart, latency
from benchmarks.post.backlog import backlog_run
from benchmarks.post.kills import kill_run
from benchmarks.post.link import Quality
from benchmarks.post.outage import outage_run
from benchmarks.post.tally import Tally

LOOPBACK_S, LINK_S = 2.0, 5.0
"""Bars of the p95."""
GROWTH_MB = 5.0
QUICK: Final = {"alarms": 2, "kills": 2, "events": 6, "queued": 10}
CONGESTION = Path("/proc/sys/net/ipv4/tcp_congestion_control")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the measurement, done."""

    how: str
    figures: tuple[Figure, ...]
    values_s: tuple[float, ...] = ()
    """Latencies, in order."""


Measure = Callable[[Path, argparse.Namespace], Part]


def loopback(folder: Path, args: argparse.Namespace) -> Part:
    """Measure latency on loopback."""
    found = latency.on_loopback(folder, args.alarms)
    return Part("loopback, TLS, login", _latencies("opened to accepted, loopback", found, LOOPBACK_S), tuple(found))


def link(folder: Path, args: argparse.Namespace) -> Part:
    """Measure latency over the slow link."""
    found, packets = latency.over_link(folder, args.alarms, args.seed)
    congestion = CONGESTION.read_text().strip()
    how = f"{Quality()}; carried by this program between two TUN devices, not by netem; {packets}; TCP {congestion}"
    return Part(how, _latencies("opened to accepted, slow link", found, LINK_S), tuple(found))


def kills(folder: Path, args: argparse.Namespace) -> Part:
    """Count what arrives when the daemon is killed again and again."""
    found = kill_run(folder, args.kills, args.seed, lambda text: print(text, file=sys.stderr))
    how = (
        f"{found.kills} kills, {found.while_away} of them while the mail server was away; {found.tally.alerts} alerts, "
        f"{found.tally.mails} mails"
    )
    figures = (
        *_counted(f"{found.kills} kills", found.tally),
        Figure(f"{found.kills} kills: stored at a kill, gone at the end", len(found.forgotten), "alerts", 0),
        Figure(f"{found.kills} kills: not armed afterwards", found.disarmed, "kills", 0),
    )
    return Part(how, figures)


def outage(folder: Path, args: argparse.Namespace) -> Part:
    """Count what arrives after a day without network."""
    found = outage_run(folder, args.events, args.seed)
    how = (
        f"{found.events} events in 24 h with a power cut, two recipients; {found.tries} tries without network, "
        f"then {found.tally.mails} mails, the first after {found.first_s:g} s, the last after {found.empty_s:g} s"
    )
    name = f"24 h outage, {found.events} events"
    return Part(how, (*_counted(name, found.tally), Figure(f"{name}: mails", found.tally.mails, "mails", None)))


def backlog(folder: Path, args: argparse.Namespace) -> Part:
    """Measure what many alerts cost that leave at once."""
    found = backlog_run(folder, args.queued)
    how = f"{found.tally.alerts} alerts in {found.tally.mails} mails within {found.took_s:.0f} s"
    name = f"{args.queued} queued alerts"
    figures = (
        *_counted(name, found.tally),
        Figure(f"{name}: growth of resident memory", found.most_mb - found.before_mb, "MB", GROWTH_MB),
        Figure(f"{name}: frames lost of {found.frames} meanwhile", found.lost, "frames", 0),
        Figure(f"{name}: frames lost while they waited", found.lost_before, "frames", None),
    )
    return Part(how, figures)


PARTS: Final[Mapping[str, Measure]] = {
    "loopback": loopback,
    "link": link,
    "kills": kills,
    "outage": outage,
    "backlog": backlog,
}


def _latencies(name: str, values_s: Sequence[float], bar_s: float) -> tuple[Figure, ...]:
    return (
        Figure(f"{name}, median of {len(values_s)}", percentile(list(values_s), 0.5), "s", None),
        Figure(f"{name}, p95", percentile(list(values_s), 0.95), "s", bar_s),
        Figure(f"{name}, longest", max(values_s), "s", None),
    )


def _counted(name: str, tally: Tally) -> tuple[Figure, ...]:
    return (
        Figure(f"{name}: lost of {tally.alerts}", len(tally.lost), "alerts", 0),
        Figure(f"{name}: doubled", len(tally.doubled), "alerts", 0),
        Figure(f"{name}: better picture before the first", len(tally.early), "alerts", 0),
        Figure(f"{name}: repeated with one Message-ID, reply cut off", len(tally.repeated), "mails", None),
        Figure(f"{name}: told in a digest", tally.in_digest, "alerts", None),
    )


def _kept(part: Part) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "how": part.how,
        "figures": [asdict(figure) | {"held": figure.held} for figure in part.figures],
        "values_s": [round(value_s, 3) for value_s in part.values_s],
    }


def _draw(document: Mapping[str, Any], path: Path) -> None:
    panels = [
        chart.histogram(f"{name}: {document[name]['how'].partition(';')[0]}", values_s, bar_s)
        for name, bar_s in (("loopback", LOOPBACK_S), ("link", LINK_S))
        if name in document and (values_s := document[name]["values_s"])
    ]
    texts = [
        f"{figure['name']}: {figure['value']:.3g} {figure['unit']}" + ("" if figure["held"] else ", NOT HELD")
        for name in ("kills", "outage", "backlog")
        if name in document
        for figure in document[name]["figures"]
        if figure["bar"] is not None or figure["value"]
    ]
    if texts:
        panels.append(chart.lines("Arrived, once", texts))
    if panels:
        chart.write(panels, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, draw, keep the result; return 0 when every bar is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all unless some are named")
    parser.add_argument("--alarms", type=whole_number, default=40, help="how many are timed, each way")
    parser.add_argument("--kills", type=whole_number, default=50, help="how often the daemon is killed")
    parser.add_argument("--events", type=whole_number, default=300, help="how many happen during the outage")
    parser.add_argument("--queued", type=whole_number, default=1000, help="how many alerts leave at once")
    parser.add_argument("--seed", type=whole_number, default=1, help="of what happens by chance")
    parser.add_argument("--quick", action="store_true", help="a few of each, only to see that it runs")
    parser.add_argument("--result", type=Path, default=RESULTS / "alerts.json", help="keeps other parts")
    args = parser.parse_args(arguments)
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there is no such part; choose from {', '.join(PARTS)}")
    if args.quick:
        vars(args).update(QUICK)
    try:
        check_writable(args.result)
    except ValueError as error:
        parser.error(str(error))
    logging.disable(logging.WARNING)  # that a server is away is what is measured
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends what it started
    return _measure([name for name in PARTS if name in args.parts or not args.parts], args)


def _measure(names: Sequence[str], args: argparse.Namespace) -> int:
    document = json.loads(args.result.read_text()) if args.result.exists() else {}
    held = True
    for name in names:
        try:
            with tempfile.TemporaryDirectory() as folder:
                part = PARTS[name](Path(folder), args)
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"{name}: not measured, {error}", file=sys.stderr)
            held = False
            continue
        print(f"{name}: {part.how}")
        for figure in part.figures:
            print(f"  {figure.name:62} {figure.value:8.2f} {figure.unit:8} {figure.verdict}")
        held = held and all(figure.held for figure in part.figures)
        document[name] = _kept(part)
        args.result.write_text(json.dumps(document, indent=1) + "\n")
        _draw(document, args.result.with_suffix(".png"))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
