"""clock_server.py ADDRESS: tells the time (SNTP, RFC 4330) to whoever asks there, on port 123."""

import socket
import struct
import sys
import time

# From 1900, where NTP's seconds begin, to 1970.
TO_1970 = 2_208_988_800


def timestamp(seconds):
    whole = int(seconds)
    return struct.pack("!II", (whole + TO_1970) & 0xFFFF_FFFF, int((seconds - whole) * 2**32))


def answer(question):
    now = time.time()
    # No leap second, version 4, server; stratum 1; a millisecond's precision; no root delay.
    head = struct.pack("!BBbbII4s", 0x24, 1, question[2], -10, 0, 0, b"LOCL")
    return head + timestamp(now) + question[40:48] + timestamp(now) + timestamp(time.time())


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind((sys.argv[1], 123))
    while True:
        question, sender = server.recvfrom(1024)
        if len(question) >= 48:
            server.sendto(answer(question[:48]), sender)
