/** @file Gaussian blur of an image's planes. */

/**
 * Blurs each plane in place by a Gaussian that is cut off at three standard deviations; the edge is repeated.
 * @param planes [C, S, S]
 * @param size S
 * @param sigma standard deviation in pixels, above 0
 */
export function blurPlanes(planes: Float32Array, size: number, sigma: number): void {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight);
  const line = new Float32Array(size + 2 * radius);
  for (let plane = 0; plane < planes.length; plane += size * size) {
    for (const [nextLine, nextPlace] of [
      [size, 1],
      [1, size],
    ] as const) {
      for (let i = 0; i < size; i++) {
        const origin = plane + i * nextLine;
        for (let j = 0; j < line.length; j++) {
          line[j] = planes[origin + Math.min(Math.max(j - radius, 0), size - 1) * nextPlace] as number;
        }
        for (let j = 0; j < size; j++) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (line[j + k] as number);
          planes[origin + j * nextPlace] = sum / total;
        }
      }
    }
  }
}
