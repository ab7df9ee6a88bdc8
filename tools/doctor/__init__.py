"""What `rollcall doctor` looks at, from outside and with the operator's own credentials; one family in a file."""
