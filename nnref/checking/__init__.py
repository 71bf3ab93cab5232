"""Check a student's own network, number by number, and name the first thing that is wrong.

A program is called with the numbers of small networks (``course.py``), and what it makes of them
is written down (``observing.py``), for a file in a process of its own (``process.py``). Then the
numbers are compared with the oracle's and with those of known slips (``judging.py``, ``slips.py``).
So what judges a program never runs in the process of the file that it judges.
"""
