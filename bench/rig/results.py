"""Figures of several rounds: their median, a table for people, and a JSON file for each benchmark."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"


def median_of(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each figure's median over the rounds that have it."""
    names = dict.fromkeys(name for figures in rounds for name in figures)
    return {
        name: round(statistics.median(figures[name] for figures in rounds if name in figures), 3)
        for name in names
    }


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as Markdown has it."""
    text = [[_cell(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[place]) for row in text) for place in range(len(columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in text
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([f"\n{title}", "", lines[0], rule, *lines[1:]])


def keep(bench: str, found: object) -> Path:
    """Write the figures where they are kept."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{bench}.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    return path


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return (
        sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] if sorted_values else 0.0
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return "–" if value is None else str(value)
