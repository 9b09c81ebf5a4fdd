"""The page for people. Its parts are built from `web/` into `built`, which is part of the package and not of the repository."""
