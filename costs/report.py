"""A bill as people and programs read it: a table, JSON with a version, the difference between two bills."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from costs.records import Bill, Line

VERSION: Final = 1
ASSUMED: Final = "*"
DOUBTFUL: Final = "?"
TOTAL: Final = "total"
HEADS: Final = ("component", "what", "quantity", "USD/month", "price of")


def quantity(line: Line) -> str:
    """At most two decimals, and two digits of what is smaller than that."""
    value = line.quantity
    number = f"{value:,.2f}".rstrip("0").rstrip(".") if value >= 0.01 or not value else f"{value:.2g}"
    return f"{number} x {line.unit}" if line.unit[:1].isdigit() else f"{number} {line.unit}"


def _marks(line: Line) -> str:
    return (ASSUMED if line.assumed else "") + (DOUBTFUL if line.price.confidence == "low" else "")


def _row(line: Line) -> tuple[str, ...]:
    what = f"{line.what} ({line.free:,.6g} {line.unit} free)" if line.free else line.what
    return (
        line.component,
        f"{what} {_marks(line)}".rstrip(),
        quantity(line),
        usd(line.usd_per_month),
        line.price.as_of,
    )


def usd(value: float) -> str:
    """Cents; what is smaller than one but not nothing says so."""
    return "<0.01" if 0 < value < 0.005 else f"{value:,.2f}"


def _table(rows: Sequence[Sequence[str]], numeric: frozenset[int]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    padded = (
        [cell.rjust(width) if column in numeric else cell.ljust(width) for column, (cell, width) in enumerate(cells)]
        for cells in ([*zip(row, widths, strict=True)] for row in rows)
    )
    return ["  ".join(cells).rstrip() for cells in padded]


def assumptions(bill: Bill) -> list[str]:
    """Everything that was not known, once each, with the lines it concerns."""
    names: dict[str, list[str]] = {}
    for line in bill.lines:
        for assumption in line.assumed:
            names.setdefault(assumption, []).append(line.name)
    return [f"{assumption} ({', '.join(dict.fromkeys(where))})" for assumption, where in names.items()]


def doubtful(lines: Iterable[Line]) -> list[str]:
    """The rows whose price is not to be trusted before somebody has looked it up."""
    rows = {line.price.sku: line.price for line in lines if line.price.confidence == "low"}
    return [f"{sku} at {price.usd:g}: {price.source}" for sku, price in rows.items()]


def _notes(title: str, items: Sequence[str]) -> list[str]:
    return [title, *(f"  - {item}" for item in items)] if items else []


def total_in(text: str) -> float | None:
    """USD a month as `render` wrote it, less than a cent as 0; None where the text is no rendered bill."""
    found = re.search(rf"^{TOTAL} +(<?)([\d,]+\.\d\d)$", text, re.MULTILINE)
    return None if found is None else 0.0 if found[1] else float(found[2].replace(",", ""))


def render(bill: Bill) -> str:
    """The table for people; lines that cost nothing are named, not tabled."""
    paid = [line for line in bill.lines if line.usd_per_month > 0]
    at_zero = dict.fromkeys(line.what for line in bill.lines if line.usd_per_month == 0)
    total = (TOTAL, "", "", usd(bill.usd_per_month), "")
    table = _table([HEADS, *map(_row, paid), total], numeric=frozenset({2, 3}))
    free_tiers = "applied" if bill.usage.free_tiers else "not applied (they are counted in prod)"
    return "\n".join(
        [
            "\n".join([table[0], "-" * max(map(len, table)), *table[1:]]),
            "",
            f"list prices of us-east-1; use: {bill.usage.profile}; free tiers: {free_tiers}",
            *([f"priced at 0.00: {', '.join(at_zero)}"] if at_zero else []),
            *_notes(f"assumed ({ASSUMED}):", assumptions(bill)),
            *_notes(f"prices to verify ({DOUBTFUL}):", doubtful(bill.lines)),
        ]
    )


def _line_json(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "token": line.token,
        "component": line.component,
        "what": line.what,
        "quantity": line.quantity,
        "free_quantity": line.free,
        "unit": line.unit,
        "usd_per_month": line.usd_per_month,
        "price": asdict(line.price),
        "assumed": list(line.assumed),
    }


def to_json(bill: Bill) -> dict[str, object]:
    """Plain data for `json.dumps`; a change of meaning raises `version`."""
    return {
        "version": VERSION,
        "region": "us-east-1",
        "usd_per_month": bill.usd_per_month,
        "lines": [_line_json(line) for line in bill.lines],
        "free_types": [
            {"token": token, "count": count, "reason": reason} for token, (count, reason) in bill.free_types.items()
        ],
        "usage": asdict(bill.usage),
        "assumptions": assumptions(bill),
    }


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What one thing costs in two bills; 0 where it is not."""

    name: str
    what: str
    before_usd: float
    after_usd: float

    @property
    def usd(self) -> float:
        return self.after_usd - self.before_usd


def _by_thing(bill: Bill) -> dict[tuple[str, str], float]:
    totals: dict[tuple[str, str], float] = {}
    for line in bill.lines:
        thing = (line.name, line.what)
        totals[thing] = totals.get(thing, 0.0) + line.usd_per_month
    return totals


def difference(before: Bill, after: Bill) -> list[Difference]:
    """What changes in price between two bills, the largest change first."""
    old, new = _by_thing(before), _by_thing(after)
    changes = [
        Difference(name=name, what=what, before_usd=old.get((name, what), 0.0), after_usd=new.get((name, what), 0.0))
        for name, what in dict.fromkeys([*old, *new])
    ]
    return sorted((change for change in changes if abs(change.usd) >= 0.005), key=lambda change: -abs(change.usd))


def render_difference(before: Bill, after: Bill) -> str:
    """The table for `mlteam cost --swap`: only what changes, and both totals."""
    totals = before.usd_per_month, after.usd_per_month
    rows = [
        ("resource", "what", "before", "after", "change"),
        *(
            (change.name, change.what, usd(change.before_usd), usd(change.after_usd), f"{change.usd:+,.2f}")
            for change in difference(before, after)
        ),
        ("total", "", usd(totals[0]), usd(totals[1]), f"{totals[1] - totals[0]:+,.2f}"),
    ]
    table = _table(rows, numeric=frozenset({2, 3, 4}))
    return "\n".join([table[0], "-" * max(map(len, table)), *table[1:]])
