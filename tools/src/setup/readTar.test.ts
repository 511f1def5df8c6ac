/** @file Tests of the tar reader. */

import { expect, it } from "vitest";
import { readTar } from "./readTar.ts";

function entry(name: string, content: string, type = "0"): Uint8Array {
  const block = new Uint8Array(512 + Math.ceil(content.length / 512) * 512);
  const put = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at);
  put(name, 0);
  put(content.length.toString(8).padStart(11, "0"), 124);
  put(type, 156);
  put("ustar", 257);
  put(content, 512);
  return block;
}

const join = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat([...parts, new Uint8Array(1024)]));

it("reads files of awkward sizes and passes over folders", () => {
  const sizes = [0, 1, 511, 512, 513];
  const files = readTar(
    join(entry("folder/", "", "5"), ...sizes.map((size) => entry(`./f${size}`, "x".repeat(size)))),
  );
  expect([...files].map(([name, content]) => [name, content.length])).toEqual(
    sizes.map((size) => [`f${size}`, size]),
  );
});

it("names the file in which an archive is cut off", () => {
  const whole = entry("library.so", "y".repeat(2000));
  expect(() => readTar(whole.subarray(0, 1024))).toThrow(
    'the archive ends inside "library.so": 2000 bytes wanted, 512 left',
  );
});
