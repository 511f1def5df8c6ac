/** @file Ranges of a served file, and servers that answer with others. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testDevice } from "../testing/testDevice.ts";
import { urlSource } from "./byteSource.ts";
import { loadTensors } from "./loadTensors.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { openSafetensors } from "./weights.ts";

const values = Float32Array.from({ length: 7 }, (_, i) => (i - 3) * 0.5);
const bytes = encodeSafetensors(new Map([["a", { shape: [7], data: values }]]));

describe("urlSource", () => {
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const [, start, last] = (/bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? []).map(Number);
      if (start === undefined || last === undefined || request.url === "/whole")
        return response.writeHead(200).end(bytes);
      const file = request.url === "/short" ? bytes.subarray(0, 5) : bytes;
      // Faults of what follows the first request.
      const later = last !== 7;
      const from = later && request.url === "/moved" ? start - 1 : start;
      const size = later && request.url === "/grown" ? file.length + 1 : file.length;
      const part = file.subarray(from, last + 1 - (start - from));
      const end = from + part.length - 1;
      response.writeHead(206, { "Content-Range": `bytes ${from}-${end}/${size}` }).end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("reads by ranges, and refuses a server that has none", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const weights = await openSafetensors(await urlSource(`${address}/ranges`));
    const tensors = await loadTensors(device, weights, { chunkBytes: 8 });
    expect(await tensors.get("a")?.read()).toEqual(values);
    await expect(urlSource(`${address}/whole`)).rejects.toThrow("the server answered 200");
  });

  it("refuses a range that it did not ask for, and one of a file of another size", async () => {
    const moved = await urlSource(`${address}/moved`);
    const { size } = moved;
    await expect(moved.read(10, 20)).rejects.toThrow(
      `${address}/moved: asked for bytes 10-19/${size}, got bytes 9-18/${size}`,
    );
    const grown = await urlSource(`${address}/grown`);
    await expect(grown.read(10, 20)).rejects.toThrow(
      `${address}/grown: the file had ${size} bytes, and now has ${size + 1}`,
    );
    const short = await urlSource(`${address}/short`);
    expect(short.size).toBe(5);
    expect(await short.read(1, 5)).toEqual(Uint8Array.from(bytes.subarray(1, 5)));
  });
});
