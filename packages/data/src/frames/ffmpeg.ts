/** @file Video frames by the ffmpeg program of the machine, called as a child process and never linked or shipped. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";

const run = promisify(execFile);
const limits = { timeout: 600_000, maxBuffer: 1 << 26 };

/**
 * Says whether ffmpeg and ffprobe can be started.
 * @throws Error with the way out if not
 */
export async function requireFfmpeg(): Promise<void> {
  for (const program of ["ffmpeg", "ffprobe"]) {
    await run(program, ["-version"], limits).catch((error: NodeJS.ErrnoException) => {
      throw new Error(
        `[frames] ${program} ${error.code === "ENOENT" ? "was not found on PATH" : `does not start: ${error.message}`}; ` +
          "videos need it: install it (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg), " +
          "or extract the frames elsewhere and import them as images",
        { cause: error },
      );
    });
  }
}

/**
 * Counts a video's frames by its packets, as containers' own counts are often wrong.
 * @param file the video
 * @throws Error that says what ffprobe says: no video, cut off, damaged
 */
export async function countFrames(file: string): Promise<number> {
  const words = ["-v", "error", "-select_streams", "v:0", "-count_packets", "-of", "csv=p=0"];
  const { stdout } = await run(
    "ffprobe",
    [...words, "-show_entries", "stream=nb_read_packets", local(file)],
    limits,
  ).catch((error: Error & { stderr?: string }) => {
    throw new Error(reason(error), { cause: error });
  });
  const total = Number.parseInt(stdout, 10);
  if (!Number.isInteger(total) || total < 1) throw new Error("it holds no video frames");
  return total;
}

/**
 * Writes frames of a video as PNG files. ffmpeg turns them upright by the video's own rotation mark.
 * @param file the video
 * @param frames ascending frame numbers
 * @param target the PNG of each frame; its folder is made
 * @returns the frames that could be decoded: a damaged video gives fewer
 */
export async function extractFrames(
  file: string,
  frames: readonly number[],
  target: (frame: number) => string,
): Promise<number[]> {
  const folder = join(target(frames[0] ?? 0), "..");
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, ".extract-"));
  try {
    const select = frames.map((frame) => `eq(n\\,${frame})`).join("+");
    const words = [
      "-nostdin",
      "-v",
      "error",
      "-threads",
      "1",
      "-i",
      local(file),
      "-map",
      "0:v:0",
      "-vf",
      `select=${select}`,
    ];
    const output = ["-frames:v", String(frames.length), join(scratch, "%d.png")];
    let failure = await failureOf([...words, "-fps_mode", "passthrough", ...output]);
    // ffmpeg before 5.1 has the same under another name.
    if (/Unrecognized option 'fps_mode'/.test(failure))
      failure = await failureOf([...words, "-vsync", "0", ...output]);
    if (/no space left/i.test(failure)) throw new Error("the disk is full; free some space and import again");
    let done = (await readdir(scratch)).length;
    // What was decoded before the damage is kept, but the last file may be half written.
    if (failure && done > 0 && !(await isWhole(join(scratch, `${done}.png`)))) done--;
    for (let i = 0; i < done; i++) await rename(join(scratch, `${i + 1}.png`), target(frames[i] as number));
    return frames.slice(0, done);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What ffmpeg says when it fails; "" where it does not. */
async function failureOf(words: readonly string[]): Promise<string> {
  return run("ffmpeg", [...words], limits).then(
    () => "",
    (error: Error & { stderr?: string }) => error.stderr || error.message,
  );
}

async function isWhole(file: string): Promise<boolean> {
  return sharp(file, { failOn: "warning" })
    .stats()
    .then(
      () => true,
      () => false,
    );
}

/** A name such as `-x.avi` or `concat:a` is a file and no option or protocol. */
function local(file: string): string {
  return `file:${file}`;
}

function reason(error: Error & { stderr?: string }): string {
  const line = (error.stderr ?? error.message).trim().split("\n").at(-1) ?? "";
  return line.replace(/^file:\S+:\s*/, "").replace(/^\[[^\]]+\]\s*/, "") || "ffprobe cannot read it";
}
