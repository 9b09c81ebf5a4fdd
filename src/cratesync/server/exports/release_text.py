"""What a release is in one line each: artists, labels, catalogue numbers and formats, in the manner of Discogs' own export."""

from collections.abc import Iterable

from cratesync.engine.records import Artist, Format, Label

# Of vinyl Discogs names the size, and leaves out what it is made of: "2xLP, Album" and not "2xVinyl, LP, Album".
_SIZED = "Vinyl"
_SIZES = frozenset({"LP", '5"', '6"', '7"', '8"', '9"', '10"', '11"', '12"', '16"'})
_NO_CARRIER = "All Media"  # says of all formats together what they are


def artists_text(artists: Iterable[Artist]) -> str:
    """Names with what joins them. A name variation has the asterisk that Discogs marks it with."""
    text = joined_by = ""
    for artist in artists:
        name = f"{artist.anv}*" if artist.anv else artist.name
        if not name:
            continue
        text += joined_by + name
        join = (artist.join or "").strip()
        joined_by = ", " if join in {"", ","} else f" {join} "
    return text


def labels_text(labels: Iterable[Label]) -> str:
    """The labels' names."""
    return _listed(label.name for label in labels)


def catalog_text(labels: Iterable[Label]) -> str:
    """The catalogue numbers, in the order of the labels."""
    return _listed(label.catno for label in labels)


def formats_text(formats: Iterable[Format]) -> str:
    """`2xLP, Album, Reissue + CD`: descriptions in full, where Discogs' own export has abbreviations."""
    return " + ".join(text for text in map(_format_text, formats) if text)


def _format_text(carrier: Format) -> str:
    described = list(carrier.descriptions or ())
    name = "" if carrier.name in {None, _NO_CARRIER} else str(carrier.name)
    size = next((text for text in described if text in _SIZES), None)
    if carrier.name == _SIZED and size is not None:
        described.remove(size)
        name = size
    if name and str(carrier.qty or 1) != "1":
        name = f"{carrier.qty}x{name}"
    return _listed([name, *described, carrier.text])


def _listed(texts: Iterable[str | None]) -> str:
    return ", ".join(text for text in texts if text)
