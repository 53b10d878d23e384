#!/usr/bin/env python3
"""Receives alerts on the live port and fetches records, with stock pyzmq and protobuf over CURVE.

Written from proto/README.md alone; it is the sample for other languages and the proof that the text
suffices.   subscribe.py OWN.cert_secret BROKER.cert FETCH LIVE STREAM COUNT
Prints a line for each record: fetched|live, sequence, region, topic, number of events.
Debian has what it needs as python3-zmq python3-protobuf python3-zstandard protobuf-compiler.
"""
import os, struct, subprocess, sys, tempfile

if len(sys.argv) != 7:
    sys.exit(__doc__)
import zmq, zmq.auth, zstandard

own, broker, fetch_endpoint, live_endpoint, stream, count = sys.argv[1:7]
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
made = tempfile.TemporaryDirectory()
subprocess.run(["protoc", f"-I{root}/proto", f"--python_out={made.name}", f"{root}/proto/wire/wire.proto",
                f"{root}/proto/event/event.proto"], check=True)
sys.path.insert(0, made.name)
from wire import wire_pb2 as wire
from event import event_pb2 as event

context = zmq.Context()

def connect(kind, endpoint):
    socket = context.socket(kind)
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(own)
    socket.curve_serverkey, _ = zmq.auth.load_certificate(broker)
    socket.connect(endpoint)
    return socket

def show(how, record):
    sequence, stored_ms, checksum = struct.unpack_from("<QQQ", record)
    magic, size = struct.unpack_from("<4sI", record, 24)
    assert magic == b"SHB1"
    header = wire.BatchHeader.FromString(record[32:32 + size])
    payload = record[32 + size:]
    if header.codec == wire.CODEC_ZSTD:
        payload = zstandard.ZstdDecompressor().decompress(payload)
    batch = event.EventBatch.FromString(payload)
    assert len(batch.events) == header.event_count
    print(how, sequence, f"{header.region:06}", header.topic, header.event_count, flush=True)
    return sequence

def ask(socket, request):
    """What was asked is lost with a connection: it is asked again, and a late answer passed over."""
    while True:
        request.id += 1
        socket.send(request.SerializeToString())
        while socket.poll(3000):
            first, *rest = socket.recv_multipart()
            reply = wire.Reply.FromString(first)
            if reply.id == request.id:
                assert reply.code == wire.CODE_OK, reply.message
                return reply, rest

live = connect(zmq.SUB, live_endpoint)
live.subscribe(stream + "/")
fetch = connect(zmq.DEALER, fetch_endpoint)
request, next_record, seen, heard = wire.Request(), 1, 0, 0
while seen < int(count) or not heard:          # first what is there, then what comes
    request.fetch.stream, request.fetch.wait_ms = stream, 200
    setattr(request.fetch, "from", next_record)    # a word that Python keeps for itself
    reply, (records,) = ask(fetch, request)
    next_record, at = reply.fetched.next, 0
    for _ in range(reply.fetched.records):
        size, = struct.unpack_from("<I", records, at)
        show("fetched", records[at + 4:at + 4 + size])
        at, seen = at + 4 + size, seen + 1
    while live.poll(0):                        # the same records again, as they were stored
        topic, record = live.recv_multipart()
        assert topic.decode().startswith(stream + "/")
        heard = show("live", record)
