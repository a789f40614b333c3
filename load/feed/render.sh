#!/usr/bin/env bash
# Renders the load feed: four seconds of 720p30 VP8 at about 2 Mb/s with a key frame every two
# seconds, and four seconds of Opus, one packet to an Ogg page. Synthetic pictures and tones, no third-party material.
#   load/feed/render.sh path/to/ffmpeg
set -euo pipefail
cd "$(dirname "$0")"
ffmpeg=${1:-ffmpeg}
"$ffmpeg" -y -loglevel error -f lavfi -i "testsrc2=s=1280x720:r=30,noise=alls=6:allf=t" -t 4 \
  -c:v libvpx -b:v 2M -minrate 2M -maxrate 2M -bufsize 1M -deadline realtime -cpu-used 6 \
  -g 60 -keyint_min 60 -auto-alt-ref 0 -error-resilient 1 video.ivf
"$ffmpeg" -y -loglevel error -f lavfi -i "sine=f=220:r=48000,tremolo=f=3" -t 4 \
  -c:a libopus -b:a 32k -frame_duration 20 -page_duration 20000 audio.ogg
ls -l video.ivf audio.ogg
