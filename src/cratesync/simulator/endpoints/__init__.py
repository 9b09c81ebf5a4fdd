"""What each address answers. One file a noun; an endpoint takes the world and a visit, and gives an answer."""
