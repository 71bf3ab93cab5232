"""The compiled kernel: one source, built for several instruction sets, of which one is picked."""
