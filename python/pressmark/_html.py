"""HTML for notebooks. Text from data is always escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def page(title: str, facts: Iterable[tuple[str, object]], *tables: str) -> str:
    """A heading, facts as a list of terms, and tables."""
    terms = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in facts)
    return f"<div><strong>{text(title)}</strong><table>{terms}</table>{''.join(tables)}</div>"


def table(heading: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a heading; nothing if there are no rows."""
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f"<th>{text(name)}</th>" for name in names)
    return f"<p>{text(heading)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def text(value: object) -> str:
    """A value as escaped text on one line, cut if it is long."""
    if value is None:
        return ""
    shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(shown.split()))
    return escape(line if len(line) <= 300 else line[:299] + "…")
