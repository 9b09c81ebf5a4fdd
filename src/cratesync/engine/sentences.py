"""What people are told of a provider, by its name."""


def mismatched(provider: str) -> str:
    """The token is good, but not for the account that is mirrored."""
    return f"The token belongs to another {provider} account than the one that is mirrored here."


def rejected(provider: str) -> str:
    """The token is not good any more."""
    return f"{provider} does not accept the token any more. Save a new one, then retry."


def unreachable(provider: str) -> str:
    """Too many silent failures, or too long a time of being turned away."""
    return f"{provider} could not be reached, or turned every call away, for too long. Try again later."


def whose(provider: str) -> str:
    """The genitive of a name: "Discogs'", "Bandcamp's"."""
    return f"{provider}'" if provider.endswith("s") else f"{provider}'s"
