"""Covers: their signed addresses, as i.discogs.com has them, and a small picture for each."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import blake2b

from cratesync.simulator.dice import Dice
from cratesync.simulator.records import BASE

SPACER_PATH = "/images/spacer.gif"
SPACER_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
THUMB_PIXELS = 150
COVER_PIXELS = 600


class Covers:
    """The image host of one seed. An address with another size or release than it was signed for is refused."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._key = str(seed).encode()

    def url(self, release_id: int, pixels: int) -> str:
        name = urlsafe_b64encode(f"s3://simulated-database-images/R-{release_id}-cover.svg".encode())
        rest = (
            f"rs:fit/g:sm/q:{90 if pixels > THUMB_PIXELS else 40}/h:{pixels}/w:{pixels}/{name.decode()}.svg"
        )
        return f"{BASE}/images/{self._signature(rest)}/{rest}"

    def picture(self, path: str) -> bytes | None:
        """The SVG at a signed path; nothing where the signature does not fit."""
        signature, _, rest = path.removeprefix("/images/").partition("/")
        if signature != self._signature(rest):
            return None
        try:
            name = urlsafe_b64decode(rest.rsplit("/", 1)[-1].removesuffix(".svg")).decode()
            release_id = int(name.rsplit("R-", 1)[-1].removesuffix("-cover.svg"))
        except (NotBase64, ValueError):
            return None
        return self._draw(release_id)

    def _signature(self, rest: str) -> str:
        digest = blake2b(rest.encode(), digest_size=32, key=self._key).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def _draw(self, release_id: int) -> bytes:
        dice = Dice(self._seed, release_id, "cover")
        hue = dice.below(360)
        shapes = "".join(
            f'<circle cx="{dice.below(600)}" cy="{dice.below(600)}" r="{40 + dice.below(220)}" '
            f'fill="hsl({(hue + 40 + dice.below(200)) % 360} 60% {30 + dice.below(45)}%)" opacity=".7"/>'
            for _ in range(2 + dice.below(5))
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600">'
            f'<rect width="600" height="600" fill="hsl({hue} 45% 25%)"/>{shapes}'
            f'<text x="30" y="570" font-family="sans-serif" font-size="26" fill="#fff">R-{release_id}</text></svg>'
        ).encode()
