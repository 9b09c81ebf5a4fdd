"""`cratesync client check-discogs`: an honest look at the live API, which nothing else in this project ever meets."""
