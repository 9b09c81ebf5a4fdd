"""A webhook and its owner, as a test speaks of them."""

from cratesync.server.store import webhooks
from integration.sync.stage import eventually

ADDRESS = "/api/webhooks"


class Hook:
    """What its owner does with it, and sees of it."""

    def __init__(self, server, owner, made):
        self.server = server.server
        self.owner = owner
        self.id = made["id"]
        self.secret = made["secret"]
        self.address = f"{ADDRESS}/{self.id}"

    @classmethod
    async def made(cls, server, owner, url):
        answer = await owner.post(ADDRESS, {"url": url})
        assert answer.status_code == 201, answer.text
        return cls(server, owner, answer.json())

    async def shown(self):
        found = (await self.owner.get(ADDRESS)).json()["items"]
        return next(each for each in found if each["id"] == self.id)

    async def test(self):
        answer = await self.owner.post(f"{self.address}/test")
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def log(self, query=""):
        answer = await self.owner.get(f"{self.address}/deliveries{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def newest(self):
        return (await self.log("?limit=1"))["items"][0]

    async def until(self, **wanted):
        """The newest delivery, once it is like this."""

        async def look():
            newest = await self.newest()
            return newest if wanted.items() <= newest.items() else None

        return await eventually(look, what=f"a delivery with {wanted}")

    async def user_id(self):
        async with self.server.database.read() as connection:
            return (await webhooks.every(connection))[0].user_id
