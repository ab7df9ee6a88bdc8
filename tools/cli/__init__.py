"""The command `rollcall`. The files of this folder are its commands, and beside them only `__main__`."""
