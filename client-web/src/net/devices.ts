// Cameras, microphones and screens: the only file that names navigator.mediaDevices.

export interface DeviceChoice {
  camera: string | null;
  microphone: string | null;
}

export interface DeviceList {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

/** Browsers give no camera to pages on plain HTTP (except localhost). */
export function isCameraPossible(): boolean {
  return window.isSecureContext && "mediaDevices" in navigator;
}

/** Whether a screen can be shared here (phones cannot). */
export function isScreenPossible(): boolean {
  return isCameraPossible() && "getDisplayMedia" in navigator.mediaDevices;
}

const exactly = (id: string | null): { deviceId: { exact: string } } | object =>
  id ? { deviceId: { exact: id } } : {};

/** Camera and microphone, at a size fit for a live show. */
export function openCamera(choice: DeviceChoice): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    video: {
      ...exactly(choice.camera),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30, max: 30 },
    },
    audio: { ...exactly(choice.microphone), echoCancellation: true, noiseSuppression: true },
  });
}

export function openScreen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15, max: 30 } },
    audio: true,
  });
}

/** Labels are filled once the page has permission. */
export async function listDevices(): Promise<DeviceList> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return {
    cameras: devices.filter(({ kind }) => kind === "videoinput"),
    microphones: devices.filter(({ kind }) => kind === "audioinput"),
  };
}

export function stopStream(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

/** Which devices a stream comes from. */
export function chosenDevices(stream: MediaStream): DeviceChoice {
  const id = (track: MediaStreamTrack | undefined): string | null =>
    track?.getSettings().deviceId ?? null;
  return { camera: id(stream.getVideoTracks()[0]), microphone: id(stream.getAudioTracks()[0]) };
}
