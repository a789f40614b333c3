// The part of upng-js that the screenshots use.
declare module "upng-js" {
  interface Image {
    width: number;
    height: number;
  }
  function decode(bytes: ArrayBuffer): Image;
  function toRGBA8(image: Image): ArrayBuffer[];
  function encode(
    frames: ArrayBuffer[],
    width: number,
    height: number,
    colours: number,
  ): ArrayBuffer;
  const api: { decode: typeof decode; toRGBA8: typeof toRGBA8; encode: typeof encode };
  export default api;
}
