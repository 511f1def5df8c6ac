/** @file The page docs/datasets.md, made from what the loaders say of themselves. */
import type { DatasetLoader, PublishedCount } from "./datasetLoader.ts";
import { loaders } from "./loaders.ts";

const introduction = `# Data sets

What each loader reads, from the loader's own words: \`nx run data:import -- --describe --markdown\` writes this page,
and a test keeps it current. None of these data sets comes with Candor, and none may be passed on: each is had from its
owners, under their licence, at the page that is named.

**Verified** means that the layout was read in the data set's own repository or in public code that reads it. No loader
has been run on the real files: those who have them should hold the counts that an import prints against the published
ones, which it prints beside them. **Unverified** means that a part of the layout is an assumption, which is named.

Videos need \`ffmpeg\` and \`ffprobe\` on the PATH. Frames that were extracted before are read in place of a video:
\`name_frame0.png\`, \`name/000.png\`, \`name.avi/12.png\`.

Rendered faces, which need no licence and are no evidence for real data, have a page of their own:
[rendered-faces.md](rendered-faces.md).
`;

/** The page's text. */
export function datasetsPage(): string {
  return `${introduction}\n${loaders.map(section).join("\n")}`;
}

function section(loader: DatasetLoader): string {
  const { title, name, page, verified, encoding, splitRule, layout, published } = loader;
  return [
    `## ${title}`,
    "",
    `- **Name:** \`${name}\``,
    `- **Source and licence:** ${page}`,
    `- **Layout ${verified.layout ? "verified" : "unverified"}:** ${verified.words}`,
    `- **Labels:** ${encoding}.`,
    `- **Splits:** ${splitRule}.`,
    ...(published.length > 0 ? [`- **Published counts:** ${published.map(countWords).join("; ")}.`] : []),
    "",
    "```text",
    ...layout,
    "```",
    "",
  ].join("\n");
}

function countWords({ split, label, unit, count, source }: PublishedCount): string {
  return `${split ? `${split} ` : ""}${label} ${count} ${unit}${source === "as above" ? "" : ` (${source})`}`;
}
