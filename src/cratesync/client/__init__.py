"""The headless client: holds a socket to the server and makes the calls to Discogs that it asks for."""
