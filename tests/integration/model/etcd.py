"""Compacts the control plane's etcd: two gRPC calls by hand, over its socket, since it has no other interface."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _header(name, value):
    """A literal that is not indexed (RFC 7541, 6.2.2)."""
    return b"\x00" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


def _read(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise OSError("etcd closed the connection")
        data += more
    return data


def _call(path, method, message):
    """The answer's message."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        fields = {":method": "POST", ":scheme": "http", ":path": f"/etcdserverpb.KV/{method}", ":authority": "etcd",
                  "content-type": "application/grpc", "te": "trailers"}
        headers = b"".join(_header(*field) for field in fields.items())
        body = b"\x00" + struct.pack(">I", len(message)) + message
        sock.sendall(PREFACE + _frame(SETTINGS, 0, 0) + _frame(HEADERS, END_HEADERS, 1, headers)
                     + _frame(DATA, END_STREAM, 1, body))
        data = b""
        while True:
            length, kind, flags, stream = struct.unpack(">I", b"\x00" + _read(sock, 3)) + tuple(_read(sock, 2)) + struct.unpack(">I", _read(sock, 4))
            payload = _read(sock, length)
            if kind in (SETTINGS, PING) and not flags & ACK:
                sock.sendall(_frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == DATA:
                data += payload
            if stream == 1 and flags & END_STREAM:
                return data[5:]


def _varint(number):
    data = b""
    while number > 0x7F:
        data += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return data + bytes((number,))


def _fields(message):
    """Numbers and byte strings of a protobuf message, by field."""
    found, place = {}, 0

    def varint():
        nonlocal place
        number = shift = 0
        while True:
            byte = message[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while place < len(message):
        key = varint()
        if key & 7 == 2:
            length = varint()
            found[key >> 3] = message[place : place + length]
            place += length
        else:
            found[key >> 3] = varint()
    return found


def compact(path):
    """Forgets all revisions but the last; returns its number."""
    answer = _fields(_call(path, "Range", b"\x0a\x01a"))
    revision = _fields(answer[1])[3]
    # Without an answer nothing was written since the last compaction.
    _call(path, "Compact", b"\x08" + _varint(revision) + b"\x10\x01")
    return revision
