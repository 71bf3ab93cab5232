"""What both packages stand on: no arithmetic on weights or signals."""

__version__ = "0.1.0"
