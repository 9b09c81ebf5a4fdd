"""`python -m cratesync` is `cratesync`."""

from cratesync.cli import main

main(prog_name="cratesync")
