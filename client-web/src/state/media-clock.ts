// How far the picture on this screen lags behind the server's clock, from the NTP times that
// sender reports carry (`estimatedPlayoutTimestamp` in inbound-rtp statistics).

/** Seconds from 1 January 1900 (NTP) to 1 January 1970 (Unix), in ms. */
export const NTP_TO_UNIX_MS = 2_208_988_800_000;

/** A lag outside this range is a clock that does not speak server time. */
const LAG_MS_MAX = 15_000;
const LAG_MS_MIN = -1_000;
/** Weight of a new sample: about five samples to follow a change. */
const SMOOTHING = 0.3;

/** Unix ms of an `estimatedPlayoutTimestamp`. */
export function unixFromNtp(ntp_ms: number): number {
  return ntp_ms - NTP_TO_UNIX_MS;
}

/** The lag after one more sample; an implausible sample changes nothing. */
export function nextLag(
  lag_ms: number | null,
  playout_ntp_ms: number | undefined,
  server_ms: number,
): number | null {
  if (playout_ntp_ms === undefined) return lag_ms;
  const sample = server_ms - unixFromNtp(playout_ntp_ms);
  if (sample < LAG_MS_MIN || sample > LAG_MS_MAX) return lag_ms;
  return lag_ms === null ? sample : lag_ms + (sample - lag_ms) * SMOOTHING;
}

/** Offset of the server's clock to ours from one question and answer: half the round trip. */
export interface ClockSample {
  offset_ms: number;
  round_trip_ms: number;
}

export function clockSample(sent_ms: number, received_ms: number, server_ms: number): ClockSample {
  const round_trip_ms = received_ms - sent_ms;
  return { offset_ms: server_ms - (sent_ms + round_trip_ms / 2), round_trip_ms };
}

/** Keeps the samples with the shortest round trip among the last few: they are the truest. */
export function bestOffset(samples: ClockSample[]): number {
  const best = samples.reduce<ClockSample | null>(
    (a, b) => (a === null || b.round_trip_ms < a.round_trip_ms ? b : a),
    null,
  );
  return best?.offset_ms ?? 0;
}
