/** @file A command's flags as a record keeps them: to be pasted into a shell, without this machine's folders. */

import { sep } from "node:path";

/**
 * Joins the words of a command line.
 *
 * @param folder absolute paths below it become relative
 * @returns words that a POSIX shell splits again as they were
 */
export function recordedFlags(words: readonly string[], folder = process.cwd()): string {
  return words.map((word) => quoted(withoutFolder(word, folder))).join(" ");
}

/** A path begins a word, or follows the sign of a flag or of a list, as in `--runs=ifas=/a,vit-binary=/b`. */
function withoutFolder(word: string, folder: string): string {
  return word
    .split(/([=,])/)
    .map((part) => {
      if (part === folder) return ".";
      return part.startsWith(folder + sep) ? part.slice(folder.length + 1) || "." : part;
    })
    .join("");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
