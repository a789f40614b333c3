"""Plays a WHEP endpoint with aiortc until enough frames are decoded; prints what it got."""

import asyncio
import sys
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription

ENDPOINT, FRAMES, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def post(sdp):
    request = urllib.request.Request(
        ENDPOINT, data=sdp.encode(), headers={"content-type": "application/sdp"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=15) as response:
        assert response.status == 201, response.status
        assert response.headers["Location"], "no Location"
        return response.read().decode()


async def main():
    pc = RTCPeerConnection()
    got = {"video": 0, "audio": 0}
    size = (0, 0)
    enough = asyncio.Event()

    async def read(track):
        nonlocal size
        while True:
            frame = await track.recv()
            got[track.kind] += 1
            if track.kind == "video":
                size = (frame.width, frame.height)
            if min(got.values()) >= FRAMES:
                enough.set()

    readers = []
    pc.on("track", lambda track: readers.append(asyncio.ensure_future(read(track))))
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    await pc.setLocalDescription(await pc.createOffer())
    answer = await asyncio.get_event_loop().run_in_executor(None, post, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    try:
        await asyncio.wait_for(enough.wait(), SECONDS)
    finally:
        print(f"video {got['video']} {size[0]}x{size[1]} audio {got['audio']}")
        for reader in readers:
            reader.cancel()
        await pc.close()


asyncio.run(main())
