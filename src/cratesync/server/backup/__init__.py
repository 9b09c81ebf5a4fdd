"""Everything that is kept, as one file, from either database into either."""
