"""Makes masters of many megapixels, and files that cost far more to decode than to send. All are made by arithmetic."""
import os
import random
import shutil
import struct
import zlib

import rig

MIB = 1 << 20


def strip_tiff(path, width, height):
    """A striped Deflate TIFF. Eight strips of noisy gradients are repeated, so that it is quickly made and of any size."""
    rows, dice = 16, random.Random(7)
    strips = []
    for n in range(8):
        noise = dice.randbytes(width * 3)
        ramp = bytes((x * 200 // (width * 3) + n * 4) & 255 for x in range(width * 3))
        row = bytes((a + (b >> 4)) & 255 for a, b in zip(ramp, noise))
        strips.append(zlib.compress(b"".join(row[3 * y:] + row[:3 * y] for y in range(rows)), 1))
    count = -(-height // rows)
    with open(path, "wb") as file:
        file.write(b"II*\0" + bytes(4))
        places = []
        for strip in strips:
            places.append((file.tell(), len(strip)))
            file.write(strip + b"\0" * (len(strip) & 1))
        bits, offsets = file.tell(), file.tell() + 8
        file.write(struct.pack("<4H", 8, 8, 8, 0))
        file.write(struct.pack(f"<{count}I", *(places[n % 8][0] for n in range(count))))
        lengths = file.tell()
        file.write(struct.pack(f"<{count}I", *(places[n % 8][1] for n in range(count))))
        directory = file.tell()
        entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, bits), (259, 3, 1, 8), (262, 3, 1, 2),
                   (273, 4, count, offsets), (277, 3, 1, 3), (278, 4, 1, rows), (279, 4, count, lengths), (284, 3, 1, 1)]
        file.write(struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4))
        file.seek(4)
        file.write(struct.pack("<I", directory))


def master(name, width, height):
    """A JPEG pyramid of this size, made by `tegl ingest` and kept."""
    path = os.path.join(rig.WORK, "masters", name)
    if os.path.exists(path):
        return path
    rig.say(f"making {path}")
    folder = rig.home("master")
    os.makedirs(folder + "/source")
    strip_tiff(folder + "/source/strips.tif", width, height)
    rig.run(["ingest", folder + "/source", "--store", folder + "/pyramids"], folder)
    made = [os.path.join(at, file) for at, _, files in os.walk(folder + "/pyramids") for file in files]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.move(max(made, key=os.path.getsize), path)
    return path


def masters(folder, **sizes):
    """A folder of pyramids by name, each a copy of its own, so that no two are one image: name=(width, height)."""
    os.makedirs(folder, exist_ok=True)
    for name, (width, height) in sizes.items():
        shutil.copy(master(f"{width}x{height}.tif", width, height), f"{folder}/{name}.tif")
    return folder


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros(length, head=b""):
    """A Deflate stream of zeros."""
    packer, out = zlib.compressobj(9), []
    out.append(packer.compress(head))
    for _ in range(length // MIB):
        out.append(packer.compress(bytes(MIB)))
    out.append(packer.compress(bytes(length % MIB)))
    return b"".join(out) + packer.flush()


def png(width, height, depth, colour, data, profile=None):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    icc = chunk(b"iCCP", b"p\0\0" + profile) if profile else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + icc + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jp2_one_tile(side=30000):
    """A raw codestream of one tile with six empty packets: 102 bytes."""
    siz = struct.pack(">HHIIIIIIIIH", 41, 0, side, side, 0, 0, side, side, 0, 0, 1) + bytes([7, 1, 1])
    cod = struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 5, 4, 4, 0, 1)
    qcd = struct.pack(">HB", 19, 0x40) + b"\x40" * 16
    tile = b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 20, 0, 1) + b"\xff\x93" + bytes(6)
    return b"\xff\x4f\xff\x51" + siz + b"\xff\x52" + cod + b"\xff\x5c" + qcd + tile + b"\xff\xd9"


def gif_huge(side=65535):
    """A frame of the largest size there is, with almost no data."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\0;"


def tiff_strip_bomb(unfolded=1 << 30):
    """100 x 100 pixels in one strip that unfolds into a gigabyte."""
    data = zeros(unfolded)
    entries = [(256, 4, 1, 100), (257, 4, 1, 100), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8),
               (277, 3, 1, 1), (278, 4, 1, 100), (279, 4, 1, len(data))]
    at = 8 + len(data) + (len(data) & 1)
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", at) + data + b"\0" * (len(data) & 1) + directory


def jpeg_many_scans(side=8000, scans=400):
    """A progressive grey JPEG, each scan of which walks over all coefficients again and takes a few hundred bytes."""
    blocks = (-(-side // 8)) ** 2
    out = b"\xff\xd8\xff\xdb" + struct.pack(">HB", 67, 0) + b"\x01" * 64
    out += b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, side, side, 1, 1, 0x11, 0)
    # One code of one bit each: a DC difference of 0, and a run of 2^14 to 2^15 blocks without coefficients.
    for table, symbol in ((0x00, 0x00), (0x10, 0xe0)):
        out += b"\xff\xc4" + struct.pack(">HB", 20, table) + b"\x01" + bytes(15) + bytes([symbol])
    out += b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 0, 0) + bytes(-(-blocks // 8))
    bits, left = [], blocks
    while left > 0:
        run = min(left, 32767)
        bits.append("0" + format(max(run, 16384) - 16384, "014b"))
        left -= run
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    body = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    for n in range(scans):
        band = 1 + n % 63
        out += b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, band, band, 0) + body
    return out + b"\xff\xd9"


def bombs():
    """Files by name, each small."""
    return {
        "tile.j2k": jp2_one_tile(),
        "profile.png": png(16, 16, 8, 2, zlib.compress(bytes(49 * 16)), zeros(200 * MIB)),
        "bits.png": png(60000, 60000, 1, 0, zeros(7501 * 60000)),
        "strip.tif": tiff_strip_bomb(),
        "frame.gif": gif_huge(),
        "scans.jpg": jpeg_many_scans(),
    }
