"""Golden paths: what can be asked for, whether a request is right, what it would cost, and the files it gives."""
