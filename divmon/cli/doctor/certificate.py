"""Who signed a certificate that was refused.

Python decodes only certificates that it has verified, and a refused one is exactly
what a person needs explained, so the issuer's name is read from the DER here.
"""

from collections.abc import Iterator

_ORGANISATION = bytes.fromhex("55040a")  # OID 2.5.4.10
_COMMON_NAME = bytes.fromhex("550403")  # OID 2.5.4.3
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


def issuer(der: bytes) -> str:
    """Return the issuer's organisation and common name, "" if they cannot be read.

    A Certificate begins (RFC 5280): SEQUENCE { SEQUENCE { [0] version, INTEGER serial,
    SEQUENCE algorithm, SEQUENCE issuer, … A name is a SEQUENCE of SETs of SEQUENCEs
    of an OID and a string.
    """
    try:
        (_, certificate), *_ = _items(der)
        (_, body), *_ = _items(certificate)
        fields = [item for item in _items(body) if item[0] != 0xA0]  # version is optional
        names: dict[bytes, str] = {}
        for _, part in _items(fields[2][1]):
            for _, pair in _items(part):
                (_, oid), (kind, value), *_ = _items(pair)
                names.setdefault(oid, value.decode(_TEXTS.get(kind, "latin-1"), "replace"))
    except (ValueError, IndexError):
        return ""
    found = (names.get(_ORGANISATION), names.get(_COMMON_NAME))
    return ", ".join(dict.fromkeys(filter(None, found)))


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and content of each DER item in `data`.

    Raises:
        ValueError: An item is longer than the data.
    """
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("DER ends inside a header")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("DER item is longer than the data")
        yield tag, data[at : at + length]
        at += length
