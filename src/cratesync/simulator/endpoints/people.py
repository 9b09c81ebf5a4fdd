"""Who calls, and what a user shows of themselves. Both are answered by the old code base.

Shapes: recordings of damidhagor/DiscogsApiClient (May 2026) and bartholomews/discogs4s.
"""

from cratesync.simulator.answers import Answer, legacy, not_authenticated
from cratesync.simulator.records import BASE
from cratesync.simulator.users import User
from cratesync.simulator.world import Visit, World, visited


def identity(_world: World, visit: Visit) -> Answer:
    user = visit.viewer
    if user is None:
        raise not_authenticated()
    return legacy(
        {
            "id": user.id,
            "username": user.name,
            "resource_url": f"{BASE}/users/{user.name}",
            # With a personal token the "consumer" is the user.
            "consumer_name": user.name,
        }
    )


def profile(world: World, visit: Visit) -> Answer:
    user = visited(world, visit)
    owner = visit.viewer is user
    shown = _profile(user, owner=owner)
    if owner or not user.collection.private:
        shown["num_collection"] = len(user.collection)
    if owner or not user.wantlist.private:
        shown["num_wantlist"] = len(user.wantlist)
    if owner:
        shown |= {"email": f"{user.name.lower()}@example.invalid", "num_unread": 0}
    return legacy(shown)


def _profile(user: User, *, owner: bool) -> dict[str, object]:
    address = f"{BASE}/users/{user.name}"
    return {
        "id": user.id,
        "resource_url": address,
        "uri": f"https://www.discogs.com/user/{user.name}",
        "username": user.name,
        "name": "",
        "home_page": "",
        "location": "",
        "profile": "",
        "registered": user.registered,
        "rank": 0.0,
        "num_pending": 0,
        "num_for_sale": 0,
        "num_lists": 0,
        "releases_contributed": 0,
        "releases_rated": 0,
        "rating_avg": 0.0,
        "inventory_url": f"{address}/inventory",
        "collection_folders_url": f"{address}/collection/folders",
        "collection_fields_url": f"{address}/collection/fields",
        "wantlist_url": f"{address}/wants",
        "avatar_url": f"{BASE}/images/spacer.gif",
        "curr_abbr": user.currency if owner else "",
        "activated": True,
        "marketplace_suspended": False,
        "banner_url": "",
        "buyer_rating": 100.0,
        "buyer_rating_stars": 5.0,
        "buyer_num_ratings": user.id % 50,
        "seller_rating": 0.0,
        "seller_rating_stars": 0.0,
        "seller_num_ratings": 0,
        "is_staff": False,
    }
