/** @file Where a crop lies in its image, and its pixels: a turned square, sampled with an average over each pixel's area. */
import type { Face, Point, RgbImage } from "./faceDetector.ts";

/** A square in an image, turned about its centre. */
export interface CropFrame {
  centre: Point;
  /** Edge in pixels of the image. */
  side: number;
  /** Radians; positive turns the image's x axis towards its y axis. */
  angle: number;
}

/** At most so many samples along each axis of a pixel: a face of 16 times the crop's edge is the largest there is. */
const maxSamples = 16;

/**
 * The square around a face box, with a margin.
 * @param box x, y, width, height in pixels
 * @param margin added on each side, as a part of the box's longer edge
 * @param eyes where given, the square is turned so that they lie level
 */
export function frameOf(
  box: readonly [number, number, number, number],
  margin: number,
  eyes?: Face["eyes"],
): CropFrame {
  const [x, y, width, height] = box;
  let angle = 0;
  if (eyes) {
    const [a, b] = eyes[0][0] <= eyes[1][0] ? eyes : [eyes[1], eyes[0]];
    angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
  }
  return { centre: [x + width / 2, y + height / 2], side: Math.max(width, height) * (1 + 2 * margin), angle };
}

/** The largest square in the middle of an image. */
export function middleFrame(width: number, height: number): CropFrame {
  return { centre: [width / 2, height / 2], side: Math.min(width, height), angle: 0 };
}

/**
 * Cuts a frame out of an image. Places outside of the image take its nearest edge pixel: a black corner would tell
 * which faces lie near the border, and borders go with labels.
 * @param image upright pixels
 * @param frame the square
 * @param size edge of the crop in pixels
 * @returns Uint8Array [size, size, 3]
 */
export function cropImage(image: RgbImage, frame: CropFrame, size: number): Uint8Array {
  const { data, width, height } = image;
  const step = frame.side / size;
  const samples = Math.min(maxSamples, Math.max(1, Math.ceil(step)));
  const [cos, sin] = [Math.cos(frame.angle), Math.sin(frame.angle)];
  const out = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let sy = 0; sy < samples; sy++) {
        const v = ((row + (sy + 0.5) / samples) / size - 0.5) * frame.side;
        for (let sx = 0; sx < samples; sx++) {
          const u = ((column + (sx + 0.5) / samples) / size - 0.5) * frame.side;
          // Pixel centres lie at halves.
          const x = Math.min(width - 1, Math.max(0, frame.centre[0] + u * cos - v * sin - 0.5));
          const y = Math.min(height - 1, Math.max(0, frame.centre[1] + u * sin + v * cos - 0.5));
          const x0 = Math.floor(x);
          const y0 = Math.floor(y);
          const fx = x - x0;
          const fy = y - y0;
          const at = (y0 * width + x0) * 3;
          const right = x0 + 1 < width ? 3 : 0;
          const below = y0 + 1 < height ? width * 3 : 0;
          const w00 = (1 - fx) * (1 - fy);
          const w01 = fx * (1 - fy);
          const w10 = (1 - fx) * fy;
          const w11 = fx * fy;
          red +=
            w00 * data[at]! +
            w01 * data[at + right]! +
            w10 * data[at + below]! +
            w11 * data[at + below + right]!;
          green +=
            w00 * data[at + 1]! +
            w01 * data[at + right + 1]! +
            w10 * data[at + below + 1]! +
            w11 * data[at + below + right + 1]!;
          blue +=
            w00 * data[at + 2]! +
            w01 * data[at + right + 2]! +
            w10 * data[at + below + 2]! +
            w11 * data[at + below + right + 2]!;
        }
      }
      const to = (row * size + column) * 3;
      const count = samples * samples;
      out[to] = Math.round(red / count);
      out[to + 1] = Math.round(green / count);
      out[to + 2] = Math.round(blue / count);
    }
  }
  return out;
}
