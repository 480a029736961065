"""A bill as people and programs read it."""

from costs.records import Bill


def render(bill: Bill) -> str:
    """The table for people."""
    rows = [f"{line.component:<20} {line.what:<48} {line.usd_per_month:>9.2f}" for line in bill.lines]
    return "\n".join([*rows, f"{'total':<69} {bill.usd_per_month:>9.2f}"])
