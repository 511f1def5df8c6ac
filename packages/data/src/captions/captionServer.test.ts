/** @file The caption client against a server that answers well, badly, late, or not at all; and the journal and files. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ManifestRow } from "../manifest/manifest.ts";
import { readCaptionFile } from "./captionFile.ts";
import { openCaptionJournal } from "./captionJournal.ts";
import { captionMany } from "./captionMany.ts";
import type { CaptionManyOptions } from "./captionMany.ts";

interface Request {
  readonly headers: IncomingMessage["headers"];
  readonly body: {
    model: string;
    messages: { content: ({ text: string } & { image_url: { url: string } })[] }[];
  };
}

let folder: string;
let server: Server;
let endpoint: string;
let requests: Request[] = [];
/** Answers the n-th request, from 0. */
let answer: (n: number, response: ServerResponse, request: Request) => void;

const rows = ["a", "b", "c", "d"].map(
  (id) => ({ id, path: `${id}.png`, attack: "print" }) as unknown as ManifestRow,
);
const good = (response: ServerResponse, content = "a man on paper.") =>
  response.end(
    JSON.stringify({
      choices: [{ message: { content } }],
      usage: { prompt_tokens: 100, completion_tokens: 7 },
    }),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "candor-server-"));
  for (const { path } of rows) writeFileSync(join(folder, path), path);
  server = createServer((incoming, response) => {
    let text = "";
    incoming.on("data", (chunk) => (text += String(chunk)));
    incoming.on("end", () => {
      const request = { headers: incoming.headers, body: JSON.parse(text) as Request["body"] };
      requests.push(request);
      answer(requests.length - 1, response, request);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  requests = [];
});
afterEach(() => rmSync(join(folder, "work"), { recursive: true, force: true }));

const journalFile = () => join(folder, "work", "general.jsonl");

async function run(change: Partial<CaptionManyOptions> = {}, frames = rows) {
  const journal = openCaptionJournal(journalFile(), { model: "m" });
  const warnings: string[] = [];
  try {
    const progress = await captionMany(frames, journal, {
      endpoint,
      model: "m",
      prompt: "Describe the face.",
      timeout: 5,
      retries: 2,
      backoff: 0.001,
      maxTokens: 60,
      root: folder,
      jobs: 1,
      warn: (text) => warnings.push(text),
      ...change,
    });
    return { progress, warnings, captions: [...journal.records.values()].map(({ caption }) => caption) };
  } finally {
    journal.close();
  }
}

test("sends the image as a data URL with the key, and takes the caption, its quotes and line breaks off", async () => {
  answer = (n, response) => good(response, n === 0 ? ' "a man\n on paper."\n' : "a man.");
  const { progress, captions } = await run({ key: "secret", jobs: 2 });
  expect(captions.toSorted()).toEqual(["a man on paper.", "a man.", "a man.", "a man."]);
  expect(progress).toEqual({
    done: 4,
    failed: 0,
    cut: 0,
    total: 4,
    promptTokens: 400,
    completionTokens: 28,
    retries: 0,
  });
  const [first] = requests;
  expect(first?.headers.authorization).toBe("Bearer secret");
  expect(first?.body.model).toBe("m");
  const [text, image] = first?.body.messages[0]?.content ?? [];
  expect(text?.text).toBe("Describe the face.");
  expect(image?.image_url.url).toMatch(/^data:image\/png;base64,/);
  expect(readFileSync(journalFile(), "utf8")).not.toContain("secret");
});

test.each<[string, (response: ServerResponse) => unknown, RegExp]>([
  [
    "HTTP 429",
    (r) => r.writeHead(429, { "retry-after": "0" }).end("slow down"),
    /429 \(slow down\); lower --rate/,
  ],
  ["HTTP 500", (r) => r.writeHead(500).end(), /HTTP 500/],
  ["text that is not JSON", (r) => r.end("<html>busy</html>"), /not JSON: <html>busy/],
  ["an empty caption", (r) => good(r, "  "), /an empty caption/],
  ["another shape", (r) => r.end('{"result": "a man"}'), /without choices\[0\].message.content: \{"result"/],
  ["no content", (r) => r.end('{"choices": [{"message": {"content": null}}]}'), /without choices/],
  ["a closed connection", (r) => r.destroy(), /cannot be reached/],
  [
    "an answer that breaks off",
    (r) => {
      r.writeHead(200, { "content-length": 100 });
      r.write('{"choices": [{"mess', () => r.destroy());
    },
    /cannot be reached/,
  ],
])("%s is retried, and said", async (_, bad, message) => {
  answer = (n, response) => (n === 1 ? bad(response) : good(response));
  const { progress, warnings } = await run();
  expect(progress).toMatchObject({ done: 4, failed: 0, retries: 1 });
  expect(warnings).toEqual([expect.stringMatching(message)]);
  expect(warnings[0]).toMatch(/try 2 of 3 in/);
  expect(requests).toHaveLength(5);
});

test("a server that hangs is given up after the timeout", async () => {
  answer = (n, response) => void (n > 0 && good(response));
  const { progress, warnings } = await run({ timeout: 0.1 });
  expect(progress.done).toBe(4);
  expect(warnings).toEqual([expect.stringMatching(/gave no answer within 0.1 s; raise --timeout/)]);
});

test("a server that hangs in the middle of an answer is given up after the timeout too", async () => {
  answer = (n, response) => (n > 0 ? good(response) : response.write('{"choices": ['));
  const { progress, warnings } = await run({ timeout: 0.1 });
  expect(progress).toMatchObject({ done: 4, retries: 1 });
  expect(warnings).toEqual([expect.stringMatching(/gave no answer within 0.1 s/)]);
});

test("a server that goes away in the middle costs nothing that was done, and the next run asks for the rest", async () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ ...rows[0], id: `n${i}` }) as ManifestRow);
  answer = (n, response) => (n < 3 ? good(response) : response.destroy());
  await expect(run({ retries: 0 }, many)).rejects.toThrow(
    /cannot be reached: .*3 of 9 captions are kept; run the same command again to go on/,
  );
  expect(requests).toHaveLength(3 + 5);
  requests = [];
  answer = (_, response) => good(response);
  const { progress, captions } = await run({}, many);
  expect(progress).toMatchObject({ done: 9, failed: 0, total: 9 });
  expect(captions).toHaveLength(9);
  expect(requests).toHaveLength(6);
});

test("captions that ran into the limit of tokens are kept and counted", async () => {
  answer = (n, response) => {
    const choices = [{ message: { content: "a man with" }, finish_reason: n === 1 ? "length" : "stop" }];
    response.end(JSON.stringify({ choices }));
  };
  expect((await run()).progress).toMatchObject({ done: 4, cut: 1, retries: 0 });
});

test("a wrong key ends the run at the first request, names the variable, and keeps what was done", async () => {
  answer = (n, response) =>
    n < 2 ? good(response) : response.writeHead(401).end('{"error": {"message": "bad key"}}');
  await expect(run()).rejects.toThrow(
    /HTTP 401 \(bad key\); set .*CANDOR_CAPTION_KEY.* 2 of 4 captions are kept/,
  );
  expect(requests).toHaveLength(3);
  answer = (_, response) => good(response);
  const { captions } = await run();
  expect(captions).toHaveLength(4);
  expect(requests).toHaveLength(5);
});

test("one image that the server refuses is not asked for again, and the others are captioned", async () => {
  answer = (n, response) => (n === 1 ? response.writeHead(413).end("too large") : good(response));
  const { progress, warnings } = await run();
  expect(progress).toMatchObject({ done: 3, failed: 1, retries: 0 });
  expect(warnings).toEqual([
    expect.stringMatching(/^b has no caption: .*HTTP 413 \(too large\); check whether m/),
  ]);
  expect(requests).toHaveLength(4);
});

test("one image that fails is left for the next run; a server that is down ends this one", async () => {
  answer = (_, response, { body }) => {
    const url = body.messages[0]?.content[1]?.image_url.url ?? "";
    const isB = Buffer.from(url.split(",")[1] ?? "", "base64").toString() === "b.png";
    return isB ? response.writeHead(503).end() : good(response);
  };
  const { progress, warnings } = await run({ retries: 0 });
  expect(progress).toMatchObject({ done: 3, failed: 1 });
  expect(warnings).toEqual([expect.stringMatching(/^b has no caption: .*HTTP 503/)]);
  const many = Array.from({ length: 9 }, (_, i) => ({ ...rows[0], id: `n${i}` }) as ManifestRow);
  answer = (_, response) => response.writeHead(503).end();
  requests = [];
  await expect(run({ retries: 0 }, many)).rejects.toThrow(
    /0 of 9 captions are kept; run the same command again/,
  );
  expect(requests).toHaveLength(5);
});

test("the rate holds requests apart, and an abort ends the waiting", async () => {
  answer = (_, response) => good(response);
  const begun = performance.now();
  await run({ rate: 1200, jobs: 4 });
  expect(performance.now() - begun).toBeGreaterThan(145); // Three gaps of 50 ms.
  rmSync(journalFile());
  const abort = new AbortController();
  const stopped = run({ rate: 1, signal: abort.signal });
  setTimeout(() => abort.abort(new Error("stopped by the test")), 60);
  await expect(stopped).rejects.toThrow("stopped by the test");
});

test("a journal whose last line was cut goes on; other settings and foreign lines are refused", () => {
  const file = journalFile();
  openCaptionJournal(file, { model: "misspelt" }).close();
  const first = openCaptionJournal(file, { model: "m" });
  first.add({ id: "a", caption: "a man." });
  first.add({ id: "b", caption: "a woman." });
  first.close();
  appendFileSync(file, '{"id":"c","capt');
  const again = openCaptionJournal(file, { model: "m" });
  expect([...again.records.keys()]).toEqual(["a", "b"]);
  again.add({ id: "c", caption: "a man." });
  again.close();
  const whole = openCaptionJournal(file, { model: "m" });
  expect([...whole.records.keys()]).toEqual(["a", "b", "c"]);
  whole.close();
  expect(() => openCaptionJournal(file, { model: "n" })).toThrow(
    /made with other settings: .*"m".*"n".*--work/,
  );
  appendFileSync(file, "nonsense\n");
  expect(() => openCaptionJournal(file, { model: "m" })).toThrow(
    /general.jsonl:5 is no caption record: nonsense/,
  );
});

function readWritten(name: string, text: string): Promise<[string, string][] | string> {
  writeFileSync(join(folder, name), text);
  return readCaptionFile(join(folder, name)).then(
    (captions) => [...captions],
    (error: Error) => error.message,
  );
}

test("reads captions from CSV and JSON lines, and names what is wrong with a file", async () => {
  const expected = [
    ["a", "a man, on paper."],
    ["b", "a woman."],
  ];
  expect(await readWritten("c.csv", 'caption,id\n"a man, on paper.",a\na woman.,b\n')).toEqual(expected);
  expect(
    await readWritten(
      "c.jsonl",
      '{"id":"a","caption":"a man, on paper."}\n\n{"id":"b","caption":"a woman."}\n',
    ),
  ).toEqual(expected);
  expect(await readWritten("d.csv", "id,text\na,b\n")).toMatch(
    /must begin with the columns id and caption, got id, text/,
  );
  expect(await readWritten("d.csv", "id,caption\na,b\na,c\n")).toMatch(/row 3 repeats the id "a"/);
  expect(await readWritten("d.csv", "id,caption\na,\n")).toMatch(/row 2 has no caption for "a"/);
  expect(await readWritten("d.csv", "id,caption\n")).toMatch(/holds no captions/);
  expect(await readWritten("d.jsonl", '{"id":"a","caption":"b"}\n{"id"\n')).toMatch(/line 2 is not JSON/);
  expect(await readWritten("d.jsonl", "null\n")).toMatch(/line 1 has no id/);
});
